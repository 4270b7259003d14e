"""Where state, config, cache and the bundled collection live: a pure function of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Paths:
    """Every path in use; `attnquiz where` prints them."""

    home: Path
    database: Path
    config: Path
    banks: Path
    index: Path
    questions: Path
    answers: Path


def find_paths(environment: Mapping[str, str]) -> Paths:
    """`ATTNQUIZ_HOME` moves all state, `ATTNQUIZ_DATA` the folder that holds questions/ and answers/."""
    home = find_home(environment)
    data = find_data(environment)
    return Paths(
        home=home,
        database=home / "attnquiz.db",
        config=home / "config.json",
        banks=home / "banks.json",
        index=home / "index.json",
        questions=data / "questions",
        answers=data / "answers",
    )


def find_home(environment: Mapping[str, str]) -> Path:
    if given := environment.get("ATTNQUIZ_HOME"):
        return Path(given).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("attnquiz", appauthor=False)


def find_data(environment: Mapping[str, str]) -> Path:
    """The checkout when the package lies in one, else what the wheel carries.

    The checkout comes first because an editable install leaves a stale copy of _data in site-packages.
    """
    if given := environment.get("ATTNQUIZ_DATA"):
        return Path(given).expanduser().absolute()
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "questions").is_dir():
        return checkout
    return PACKAGE / "_data"
