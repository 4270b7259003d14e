"""`attnquiz` and `python -m attnquiz`."""

import gc
import sys


def main() -> None:
    gc.disable()  # importing makes no garbage, and looking for it costs 6 ms of a start of 90; `cli.app` turns it on
    from attnquiz.cli.app import main as run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
