"""Every command in the user's words: what it prints, its JSON, its exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Quiz

from attnquiz.cli.app import COMMANDS


def said(quiz: Quiz, *argv: str, code: int = 0) -> Any:
    return json.loads(quiz(*argv, "--json", code=code).out)


def test_version_is_one_line(quiz: Quiz, capsys: pytest.CaptureFixture[str]) -> None:
    quiz("--version")
    assert re.fullmatch(r"attnquiz \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_without_a_command_the_help_is_shown(quiz: Quiz, capsys: pytest.CaptureFixture[str]) -> None:
    quiz()
    out = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name} " not in out] == []


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("config", "bank")])
def test_every_command_has_help_with_an_example(quiz: Quiz, capsys: pytest.CaptureFixture[str], name: str) -> None:
    quiz(name, "--help")
    assert f"Example: attnquiz {name}" in capsys.readouterr().out


def test_where_prints_every_path(quiz: Quiz) -> None:
    paths = said(quiz, "where")
    assert set(paths) == {"home", "database", "config", "banks", "index", "questions", "answers", "python"}
    assert paths["home"] == str(quiz.home)


def test_list_has_the_33_questions_of_the_seed_in_order(quiz: Quiz) -> None:
    rows = said(quiz, "list", "4")
    ids = [row["id"] for row in rows if row["kind"] == "question"]
    assert len(ids) == 33
    assert ids == sorted(ids, key=lambda id_: [int(part) for part in id_.split(".")])
    keys = {"id", "kind", "section", "ask", "state", "due", "stability", "difficulty", "recall", "suspended"}
    assert all(keys <= set(row) for row in rows)


def test_a_section_is_no_prefix_of_another(quiz: Quiz) -> None:
    assert {row["section"] for row in said(quiz, "list", "4.1")} == {"4.1"}


def test_list_due_shows_what_is_due(quiz: Quiz) -> None:
    assert said(quiz, "list", "--due") == []
    quiz("grade", "4.1.1", "good")
    assert said(quiz, "list", "--due") == []
    quiz.wait(days=40)
    assert [row["id"] for row in said(quiz, "list", "--due")] == ["4.1.1"]


def test_grade_says_what_list_then_shows(quiz: Quiz) -> None:
    graded = said(quiz, "grade", "4.1.1", "good")
    assert set(graded) == {"card", "rating", "at", "stability", "difficulty", "due"}
    (row,) = [row for row in said(quiz, "list", "4.1.1") if row["id"] == "4.1.1"]
    assert (row["state"], row["due"]) == ("review", graded["due"])
    assert row["stability"] == pytest.approx(graded["stability"])
    assert row["recall"] == pytest.approx(1.0)


def test_a_forgotten_card_is_due_today(quiz: Quiz) -> None:
    graded = said(quiz, "grade", "4.1.1", "again")
    assert graded["due"] == quiz.at.date().isoformat()


def test_undo_takes_back_the_last_review_and_then_has_none(quiz: Quiz) -> None:
    quiz("grade", "4.1.1", "good")
    assert said(quiz, "undo")["card"] == "4.1.1"
    assert said(quiz, "list", "4.1.1")[0]["state"] == "new"
    assert "no review" in quiz("undo", code=1).err


def test_a_review_of_the_past_is_taken_and_one_before_the_last_is_refused(quiz: Quiz) -> None:
    quiz("grade", "4.1.1", "good", "--at", "2026-02-01T21:00:00+00:00")
    quiz("grade", "4.1.1", "good", "--at", "2026-02-10T21:00:00+00:00")
    err = quiz("grade", "4.1.1", "good", "--at", "2026-02-05T21:00:00+00:00", code=2).err
    assert len(err.splitlines()) <= 2


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01", "2027-01-01", "0001-01-01", "9999-12-31T23:59:59-12:00", ""])
def test_a_time_that_cannot_be_is_refused(quiz: Quiz, at: str) -> None:
    assert "--at" in quiz("grade", "4.1.1", "good", "--at", at, code=2).err


def test_suspend_resume_and_reset_change_what_list_shows(quiz: Quiz) -> None:
    quiz("grade", "4.1.1", "good")
    assert said(quiz, "suspend", "4.1.1")["suspended"] is True
    assert said(quiz, "resume", "4.1.1")["suspended"] is False
    assert said(quiz, "reset", "4.1.1")["state"] == "new"


@pytest.mark.parametrize(
    "argv",
    [
        ("list", "4.99"),
        ("show", "9.9"),
        ("grade", "4.1.9", "good"),
        ("grade", "4.1.1", "fine"),
        ("grade", "4.1", "good"),
        ("grade", "4.1.1"),
        ("show",),
        ("dril",),
        ("list", "--nope"),
        ("verify", "--seeds", "0"),
        ("config", "set", "colour", "red"),
        ("config", "set", "lang", "fr"),
        ("drill",),
        ("show", "4.1.1", "--step"),
    ],
)
def test_a_wrong_command_line_is_exit_2_in_one_or_two_lines(quiz: Quiz, argv: tuple[str, ...]) -> None:
    said = quiz(*argv, code=2)
    assert said.out == ""
    assert 1 <= len(said.err.splitlines()) <= 2


def test_an_unknown_ref_names_the_nearest(quiz: Quiz) -> None:
    assert "4.7.3" in quiz("show", "4.7.33", code=2).err


def test_drill_without_a_terminal_names_grade(quiz: Quiz) -> None:
    assert "attnquiz grade" in quiz("drill", code=2).err


def test_errors_are_said_in_the_chosen_language(quiz: Quiz) -> None:
    assert "终端" in quiz("drill", "--lang", "zh", code=2).err
    quiz("config", "set", "lang", "zh")
    assert "终端" in quiz("drill", code=2).err


@pytest.mark.parametrize(("locale", "lang"), [("zh_CN.UTF-8", "zh"), ("en_US.UTF-8", "en"), ("C", "en")])
def test_the_locale_chooses_the_language(quiz: Quiz, locale: str, lang: str) -> None:
    quiz.environment["LANG"] = locale
    assert ("状态" in quiz("list").out) == (lang == "zh")


def test_config_keeps_what_was_set_and_forgets_what_was_unset(quiz: Quiz) -> None:
    quiz("config", "set", "lang", "zh")
    assert quiz("config", "get", "lang").out == "zh\n"
    assert said(quiz, "config", "list")["lang"] == "zh"
    quiz("config", "set", "lang", "")
    assert quiz("config", "get", "lang").out == ""


def test_show_json_holds_everything_of_a_question(quiz: Quiz) -> None:
    (row,) = said(quiz, "show", "4.7.1", "--no-run")
    assert set(row) == {"id", "section", "ask", "answer", "points", "follow_ups", "refs", "demo"}
    assert set(row["answer"]) == {"en", "zh"}
    assert all(row["answer"].values())
    assert 3 <= len(row["points"]) <= 6
    assert set(row["demo"]) == {"path", "cells"}
    assert row["follow_ups"][0]["id"] == "4.7.1/f1"


def test_show_4_7_shows_three_questions_with_code_and_live_output(quiz: Quiz) -> None:
    out = quiz("show", "4.7").out
    assert [id_ for id_ in ("4.7.1", "4.7.2", "4.7.3") if f"── {id_} ─" in out] == ["4.7.1", "4.7.2", "4.7.3"]
    assert "torch.manual_seed(0)" in out
    assert out.count("every claim holds") == 3
    assert out.index("import torch") < out.index("every claim holds")


def test_no_line_of_show_in_a_pipe_has_escapes_or_is_wider_than_the_code(quiz: Quiz) -> None:
    out = quiz("show", "4.1.3", "--no-run", "--lang", "zh").out
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_run_prints_output_and_claims_and_json_holds_them(quiz: Quiz) -> None:
    (row,) = said(quiz, "run", "4.1.3")
    assert (row["id"], row["ok"], row["seed"]) == ("4.1.3", True, 0)
    assert row["output"]
    keys = {"id", "says", "measured", "op", "bound", "control", "holds"}
    assert all(set(claim) == keys and claim["op"] in "<>" for claim in row["claims"])


def test_verify_runs_every_seed(quiz: Quiz) -> None:
    report = said(quiz, "verify", "4.7.2", "--seeds", "2", "-j", "2")
    assert set(report) == {"ok", "seconds", "demos"}
    assert [run["seed"] for run in report["demos"]] == [0, 1]


def test_a_question_that_is_not_written_is_listed_and_not_drilled(quiz: Quiz, data: Path) -> None:
    quiz.environment["ATTNQUIZ_DATA"] = str(data)
    rows = {row["id"]: row for row in said(quiz, "list")}
    assert rows["4.1.2"]["draft"] is True
    assert "not written yet" in quiz("list").out
    quiz("grade", "4.1.2", "good", code=2)
    assert "not written yet" in quiz("show", "4.1.2").out
    assert "4.1.2" in quiz("run", "4.1.2", code=1).err


def test_lint_is_clean(quiz: Quiz) -> None:
    assert said(quiz, "lint", "--complete") == {"ok": True, "problems": []}


def test_doctor_finds_nothing_wrong_in_a_sound_installation(quiz: Quiz) -> None:
    findings = said(quiz, "doctor")
    assert [finding["check"] for finding in findings] == ["home", "reviews", "banks", "torch", "limits"]
    assert all(finding["ok"] for finding in findings)


def test_doctor_says_what_mends_a_broken_bank_and_a_missing_torch(quiz: Quiz, data: Path, tmp_path: Path) -> None:
    (data / "questions/4.01-small.yaml").write_text("section: [")
    quiz.environment["ATTNQUIZ_DATA"] = str(data)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    quiz("config", "set", "python", str(python))
    findings = {finding["check"]: finding for finding in said(quiz, "doctor", code=1)}
    assert "4.01-small.yaml:" in findings["banks"]["says"]
    assert not findings["torch"]["ok"]
    assert findings["torch"]["mend"]
