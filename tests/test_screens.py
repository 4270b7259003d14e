"""Keys in, screen out, compared with the stored one. `UPDATE_SCREENS=1 pytest tests/test_screens.py` stores anew."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.cells import cell_len

from attnquiz.content.cues import find_points_made
from attnquiz.content.load import load_collection
from attnquiz.memory.store import Store
from attnquiz.session.drill import Drill
from attnquiz.ui.drill_screen import View, draw_screen
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Painter

SCREENS = Path(__file__).parent / "data" / "screens"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SESSIONS = {
    "question": (),
    "hint": ("h",),
    "answer": ("space",),
    "ticking": ("space", "p", "1"),
    "code": ("space", "c"),
    "follow-ups": ("space", "f"),
    "info": ("i",),
    "help": ("?",),
    "graded-again": ("space", "1"),
    "no-such-key": ("z",),
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "attnquiz.db", UTC)


def drill_of(data: Path, store: Store, keys: tuple[str, ...]) -> Drill:
    collection = load_collection(data / "questions", data / "answers", None)
    cards = {card.id: card for card in collection.cards()}
    drill = Drill(cards, list(cards), store, lambda: NOW, lambda at: at.date(), find_points_made)
    for key in keys:
        drill.press(key)
    return drill


def screen(drill: Drill, lang: str, width: int, height: int) -> list[str]:
    view = View(Speech(lang), Painter({}, color=False), {"4.1": "Small"})
    return draw_screen(drill, view, width, height)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", SESSIONS)
def test_the_screen_is_the_stored_one(data: Path, store: Store, name: str, lang: str) -> None:
    lines = screen(drill_of(data, store, SESSIONS[name]), lang, 80, 24)
    shown = "\n".join(line.rstrip() for line in lines) + "\n"
    stored = SCREENS / f"{name}.{lang}.txt"
    if os.environ.get("UPDATE_SCREENS"):
        stored.parent.mkdir(exist_ok=True)
        stored.write_text(shown, encoding="utf-8")
    assert shown == stored.read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [(20, 6), (30, 10), (40, 12), (80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("name", SESSIONS)
def test_no_screen_is_larger_than_its_window(data: Path, store: Store, name: str, size: tuple[int, int]) -> None:
    width, height = size
    for lang in ("en", "zh"):
        lines = screen(drill_of(data, store, SESSIONS[name]), lang, width, height)
        assert len(lines) == height
        assert max(map(cell_len, lines)) <= width


def test_the_due_day_shown_is_the_one_stored(data: Path, store: Store) -> None:
    drill = drill_of(data, store, ("space", "3"))
    memory = store.memory("4.1.1")
    assert memory is not None
    assert memory.due > date(2026, 3, 2)
    assert drill.graded[0].rating == "good"
