"""Every exercise keeps its word: the stub fails, what is right passes, and each wrong file fails the check it names.

Run as a script it proves the same under several seeds, and shows what a learner would read:
`python tests/test_judge_exercises.py --seeds 5 -v answers/4.2.1-*/exercise`.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from attnquiz.judge.exercise import Exercise, load_exercise
from attnquiz.judge.verdict import Judge, Verdict

ANSWERS = Path(__file__).parents[1] / "answers"
FOLDERS = sorted(path.parent for path in ANSWERS.glob("*/exercise/stub.py"))
CHINESE = re.compile(r"[一-鿿]")


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(sys.executable) as judge:
        yield judge


def expectations(exercise: Exercise) -> Iterator[tuple[Path, str | None]]:
    """Each file of an exercise with the check that it has to fail first: None for one that passes, "" for any."""
    yield exercise.folder / "stub.py", ""
    yield exercise.folder / "solution.py", None
    yield from ((path, None) for path in exercise.right)
    yield from ((file.path, file.fails) for file in exercise.wrong)


def fault(verdict: Verdict, fails: str | None) -> str | None:
    """What is amiss with a verdict."""
    failed = verdict.failed
    if failed is None:
        return None if fails is None else f"passes, and should fail {fails or 'something'}"
    if fails is None:
        return f"fails {failed.name}: {failed.detail.en}"
    if fails and failed.name != fails:
        return f"fails {failed.name}, not {fails}: {failed.detail.en}"
    if len(failed.detail.en.splitlines()) > 12 or len(failed.detail.zh.splitlines()) > 12:
        return f"says more than 12 lines: {failed.detail.en}"
    return None if CHINESE.search(failed.detail.zh) else f"says nothing in Chinese: {failed.detail.zh}"


FILES = [
    pytest.param(exercise, path, fails, id=f"{folder.parent.name}/{path.relative_to(folder)}")
    for folder in FOLDERS
    for exercise in [load_exercise(folder)]
    for path, fails in expectations(exercise)
]


@pytest.mark.parametrize(("exercise", "path", "fails"), FILES)
def test_the_first_check_that_a_file_fails_is_the_one_it_names(judge, exercise, path, fails):
    assert fault(judge.judge(exercise, path), fails) is None


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_an_exercise_has_wrong_files_right_variants_and_bugs_numbered_from_one(folder):
    exercise = load_exercise(folder)
    assert len(exercise.right) >= 2
    assert len(exercise.wrong) >= 9
    assert [bug.number for bug in exercise.bugs] == list(range(1, len(exercise.bugs) + 1))
    assert all("# " not in bug.code().splitlines()[0] for bug in exercise.bugs)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_check_is_titled_in_both_languages_and_failed_first_by_a_wrong_file(folder):
    tree = ast.parse((folder / "checks.py").read_text(encoding="utf-8"))
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")]
    titles = [ast.get_docstring(check).splitlines() for check in checks]
    assert all(len(title) == 2 and CHINESE.search(title[1]) for title in titles)
    assert {check.name.removeprefix("check_") for check in checks} <= {
        file.fails for file in load_exercise(folder).wrong
    }


def prove(folders: list[Path], seeds: int, verbose: bool) -> int:
    faults = 0
    with Judge(sys.executable) as judge:
        for exercise in map(load_exercise, folders):
            for path, fails in expectations(exercise):
                verdicts = [judge.judge(exercise, path, seed=seed) for seed in range(seeds)]
                found = next(filter(None, (fault(verdict, fails) for verdict in verdicts)), None)
                faults += found is not None
                failed = verdicts[0].failed
                print("ok " if found is None else "BAD", path.relative_to(folder_of(exercise)), found or "")
                if verbose and failed:
                    print(f"{failed.name}\n{failed.detail.en}\n{failed.detail.zh}\n")
    print(f"{faults} faults")
    return int(faults > 0)


def folder_of(exercise: Exercise) -> Path:
    return exercise.folder.parent.parent


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=FOLDERS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("-v", "--verbose", action="store_true", help="show every first failure in both languages")
    given = parser.parse_args()
    sys.exit(prove([folder.resolve() for folder in given.folders], given.seeds, given.verbose))
