"""Starts a module of this package by path, in an interpreter that has torch and need not have attnquiz installed.

`python start.py referee ...` runs `attnquiz.judge.referee.main`. Only this package is made importable, not the
site-packages that it may lie in: they belong to another interpreter.
"""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def expose_package() -> None:
    spec = spec_from_file_location("attnquiz", PACKAGE / "__init__.py", submodule_search_locations=[str(PACKAGE)])
    if spec is None or spec.loader is None:
        raise ImportError(str(PACKAGE))
    module = module_from_spec(spec)
    sys.modules["attnquiz"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    if sys.path and Path(sys.path[0]).resolve() == PACKAGE / "judge":
        del sys.path[0]  # the script's own folder, whose names are nobody else's business
    expose_package()
    import_module(f"attnquiz.judge.{sys.argv[1]}").main(sys.argv[2:])
