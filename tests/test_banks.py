"""The user's own banks: read at once, run only what was looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Quiz


@pytest.fixture
def own(data: Path) -> Path:
    """A collection of the user's, in a folder that names it."""
    return data.rename(data.parent / "My Bank")


def ids(quiz: Quiz) -> list[str]:
    return [row["id"] for row in json.loads(quiz("list", "--json").out)]


def test_an_own_bank_is_listed_under_its_name_beside_the_bundled_ones(quiz: Quiz, own: Path) -> None:
    quiz("bank", "add", str(own))
    assert {"4.1.1", "my-bank:4.1.1", "my-bank:4.1.1/f1"} <= set(ids(quiz))
    assert "Does it?" in quiz("list", "my-bank:4.1").out
    quiz("grade", "my-bank:4.1.1", "good")
    quiz("bank", "remove", "my-bank")
    assert "my-bank:4.1.1" not in ids(quiz)


def test_its_demo_runs_only_after_trust_and_only_as_it_was_trusted(quiz: Quiz, own: Path) -> None:
    quiz("bank", "add", str(own))
    assert "attnquiz bank trust my-bank" in quiz("run", "my-bank:4.1.1", code=1).err
    assert "the level is" not in quiz("show", "my-bank:4.1.1", code=1).out
    assert str(own / "answers/4.1.1-first/demo.py") in quiz("bank", "trust", "my-bank", "--yes").out
    assert "the level is 0.1" in quiz("run", "my-bank:4.1.1").out
    demo = own / "answers/4.1.1-first/demo.py"
    demo.write_text(demo.read_text() + "print('changed')\n")
    assert "attnquiz bank trust my-bank" in quiz("run", "my-bank:4.1.1", code=1).err
    assert json.loads(quiz("bank", "list", "--json").out)[0]["trusted"] is False


def test_a_file_that_was_added_later_is_not_trusted(quiz: Quiz, own: Path) -> None:
    quiz("bank", "add", str(own))
    quiz("bank", "trust", "my-bank", "--yes")
    (own / "answers/4.1.1-first/helper.py").write_text("import os\n")
    quiz("run", "my-bank:4.1.1", code=1)


def test_trust_asks_and_does_not_hang_without_a_terminal(quiz: Quiz, own: Path) -> None:
    quiz("bank", "add", str(own))
    assert "--yes" in quiz("bank", "trust", "my-bank", code=2).err


@pytest.mark.parametrize("argv", [("remove", "nope"), ("trust", "nope"), ("add",)])
def test_a_bank_that_is_not_there_is_exit_2(quiz: Quiz, argv: tuple[str, ...]) -> None:
    quiz("bank", *argv, code=2)


def test_a_folder_that_is_no_bank_and_a_broken_bank_are_not_added(quiz: Quiz, own: Path, tmp_path: Path) -> None:
    assert "questions/" in quiz("bank", "add", str(tmp_path), code=1).err
    (own / "questions/4.01-small.yaml").write_text("section: [")
    assert "4.01-small.yaml:" in quiz("bank", "add", str(own), code=1).err
    assert json.loads(quiz("bank", "list", "--json").out) == []


def test_the_same_name_is_not_taken_twice(quiz: Quiz, own: Path) -> None:
    quiz("bank", "add", str(own))
    quiz("bank", "add", str(own), code=2)


def test_code_behind_a_link_is_not_part_of_a_bank(quiz: Quiz, own: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("print('outside')\n")
    demo = own / "answers/4.1.1-first/demo.py"
    demo.unlink()
    demo.symlink_to(outside)
    quiz("bank", "add", str(own))
    quiz("bank", "trust", "my-bank", "--yes")
    assert "outside" not in quiz("run", "my-bank:4.1.1", code=1).out


def test_verify_passes_over_what_is_not_trusted_and_says_so(quiz: Quiz, own: Path, tmp_path: Path) -> None:
    quiz.environment["ATTNQUIZ_DATA"] = str(own)
    other = tmp_path / "other"
    other.symlink_to(own)
    quiz("bank", "add", str(other))
    said = quiz("verify")
    assert "other:4.1.1" in said.err
    assert "4.1.1" in said.out
