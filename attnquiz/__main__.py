"""`attnquiz` and `python -m attnquiz`."""

import sys

from attnquiz.cli.app import main as run


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
