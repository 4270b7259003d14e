"""Whatever is wrong with the state is said in a line, and nothing is overwritten or lost."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnquiz.errors import AttnquizError, StateError
from attnquiz.memory.store import Store

AT = datetime(2026, 3, 2, 20, tzinfo=UTC)
DAY = AT.date()
RAM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # many small databases, and busy disks
posix = pytest.mark.skipif(os.name == "nt", reason="permissions and open files are another matter on Windows")


def open_store(path: Path) -> Store:
    return Store.open(path, UTC, wait_s=0.05)


def read_everything(store: Store) -> None:
    store.memories()
    store.memory("4.7.1")
    store.suspended()
    store.postponed(DAY)
    store.count_today(DAY)
    store.reviews()


def write_everything(store: Store) -> None:
    store.grade("4.7.1", "good", AT + timedelta(days=40))
    store.suspend("4.7.2", AT)
    store.postpone("4.7.3", DAY)
    store.reset("4.7.4", AT + timedelta(days=40))
    store.undo(AT)
    store.rebuild()


def use_everything(path: Path) -> None:
    with open_store(path) as store:
        read_everything(store)
        write_everything(store)


@pytest.fixture
def path() -> Iterator[Path]:
    """A database with some reviews in it."""
    with tempfile.TemporaryDirectory(dir=RAM) as folder:
        path = Path(folder) / "state.db"
        path.write_bytes(whole_database())
        yield path


@cache
def whole_database() -> bytes:
    with tempfile.TemporaryDirectory(dir=RAM) as name:
        path = Path(name) / "state.db"
        with open_store(path) as store:
            for n in range(60):
                store.grade(f"4.7.{n % 20}", "good", AT + timedelta(days=n // 20))
            store.suspend("4.7.1", AT)
        return path.read_bytes()


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(5000))


def text(path: Path) -> None:
    path.write_text("4.7.1 good\n" * 200)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def header_only(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def zero_pages(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))


def no_text(path: Path) -> None:
    """SQLite quotes the table's name in a message that then is no text either."""
    path.write_bytes(path.read_bytes().replace(b"tablememories", b"tablememor\x80es"))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def change(statement: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with sqlite3.connect(path) as db:
            db.execute("pragma ignore_check_constraints = on")
            db.execute("drop trigger log_is_final")
            db.execute(statement)

    return damage


DAMAGES = {
    "garbage": garbage,
    "text": text,
    "truncated": truncate,
    "header only": header_only,
    "pages of zeros": zero_pages,
    "names that are no text": no_text,
    "a folder": folder,
    "a day that is none": change("update memories set due = 'soon'"),
    "a day that is a number": change("update memories set last = 7"),
    "a stability that is text": change("update memories set stability = 'high'"),
    "a negative stability": change("update memories set stability = -1"),
    "a count that is text": change("update memories set lapses = 'many'"),
    "an unknown state": change("update memories set state = 'gone'"),
    "an unknown rating": change("update log set rating = 'fine'"),
    "a time that is none": change("update log set at = 'yesterday'"),
    "a time without a zone": change("update log set at = '2026-03-02T20:00:00'"),
    "a time at the end of the calendar": change("update log set at = '9999-12-31T23:59:59.999999+00:00'"),
    "a log without its table": change("drop table log"),
    "no meta": change("drop table meta"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_database_is_named_with_what_to_do(path: Path, damage: Callable[[Path], None]) -> None:
    damage(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StateError) as said:
        use_everything(path)
    for message in (said.value.en, said.value.zh):
        assert str(path) in message
        assert len(message.splitlines()) == 1
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize("damage", [garbage, truncate, zero_pages])
def test_a_damaged_database_may_be_moved_aside_or_restored(path: Path, damage: Callable[[Path], None]) -> None:
    damage(path)
    with pytest.raises(StateError) as said:
        use_everything(path)
    assert "move it aside" in said.value.en
    assert str(path.parent / "backups") in said.value.en
    assert "移走" in said.value.zh


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as db:
        db.execute("create table log (precious text)")
    before = path.read_bytes()
    with pytest.raises(StateError, match="database of another program"):
        use_everything(path)
    assert path.read_bytes() == before


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="is not a file: move it aside"):
        open_store(tmp_path)


def test_a_file_of_no_bytes_is_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    use_everything(path)


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_random_damage_never_shows_a_traceback(flips: list[tuple[float, int]]) -> None:
    with tempfile.TemporaryDirectory(dir=RAM) as name:
        path = Path(name) / "state.db"
        damaged = bytearray(whole_database())
        for place, byte in flips:
            damaged[int(place * len(damaged))] = byte
        path.write_bytes(damaged)
        with suppress(AttnquizError):
            use_everything(path)


@contextmanager
def without_rights(*paths: Path, mode: int = 0o555) -> Iterator[None]:
    """Runs as someone who may read the paths and not write them, whoever runs the tests."""
    for path in paths:
        path.chmod(mode)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        for path in paths:
            path.chmod(0o755)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that another user can reach, unlike pytest's."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@posix
def test_a_read_only_database_in_a_read_only_folder_can_be_read(shared: Path) -> None:
    path = shared / "state.db"
    path.write_bytes(whole_database())
    with without_rights(path, shared), open_store(path) as store:
        assert len(store.memories()) == 20
        read_everything(store)
        with pytest.raises(StateError, match="folder is read-only; nothing was recorded"):
            store.grade("4.7.1", "good", AT + timedelta(days=40))
        read_everything(store)


@posix
def test_a_read_only_folder_is_named_when_something_is_to_be_recorded(shared: Path) -> None:
    path = shared / "state.db"
    path.write_bytes(whole_database())
    path.chmod(0o666)
    with without_rights(shared), open_store(path) as store:
        with pytest.raises(StateError, match="folder is read-only; nothing was recorded"):
            store.grade("4.7.1", "good", AT + timedelta(days=40))
        read_everything(store)


@posix
@pytest.mark.parametrize("name", ["state.db", "home/state.db"])
def test_a_read_only_home_can_be_used_to_read(shared: Path, name: str) -> None:
    with without_rights(shared), open_store(shared / name) as store:
        read_everything(store)
        with pytest.raises(StateError, match=name):
            store.grade("4.7.1", "good", AT)
        read_everything(store)


@posix
def test_a_home_that_may_not_be_entered_is_said(shared: Path) -> None:
    home = shared / "home"
    home.mkdir()
    (home / "state.db").write_bytes(whole_database())
    with without_rights(home, mode=0), pytest.raises(StateError, match="Permission denied"):
        open_store(home / "state.db")


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with open_store(tmp_path / "home" / "state.db") as store:
        read_everything(store)
        with pytest.raises(StateError, match="home"):
            store.grade("4.7.1", "good", AT)


def test_a_full_disk_loses_nothing(path: Path) -> None:
    with open_store(path) as store:
        (pages,) = store._db.execute("pragma page_count").fetchone()
        store._db.execute(f"pragma max_page_count = {pages}")  # SQLite then reports a full disk
        acknowledged: list[str] = []
        with pytest.raises(StateError, match="is full; nothing was recorded"):
            acknowledged.extend(store.grade(f"4.8.{n}", "good", AT).card for n in range(1000))
        assert {card for card in store.memories() if card.startswith("4.8.")} == set(acknowledged)
    with open_store(path) as store:
        before = store.memories()
        store.rebuild()
        assert store.memories() == before
        assert store.grade("4.9.1", "good", AT)


@posix
def test_a_disk_that_takes_no_more_bytes_loses_nothing(path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_store(path) as store:
        before = store.memories()
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))
        try:
            with pytest.raises(StateError, match="nothing was recorded"):
                store.grade("4.8.1", "good", AT)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert store.memories() == before
        assert store.grade("4.8.1", "good", AT)


@contextmanager
def another_process(path: Path, begin: str) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(begin)
    try:
        yield
    finally:
        other.execute("rollback")
        other.close()


def test_while_another_attnquiz_writes_the_wait_ends_in_a_message(path: Path) -> None:
    with open_store(path) as store:
        with another_process(path, "begin immediate"):
            read_everything(store)
            with pytest.raises(StateError, match="another attnquiz is writing"):
                store.grade("4.8.1", "good", AT)
        assert store.grade("4.8.1", "good", AT)


def test_a_locked_database_is_said_at_opening(path: Path) -> None:
    with another_process(path, "begin exclusive"), pytest.raises(StateError, match="another attnquiz is writing"):
        open_store(path)


def test_two_sessions_can_take_turns(path: Path) -> None:
    with open_store(path) as one, open_store(path) as other:
        for n in range(5):
            one.grade("4.8.1", "good", AT + timedelta(days=2 * n))
            other.grade("4.8.1", "good", AT + timedelta(days=2 * n + 1))
        assert one.memory("4.8.1") == other.memory("4.8.1")
        assert len(one.reviews("4.8.1")) == 10


def test_two_sessions_can_begin_together(tmp_path: Path) -> None:
    path = tmp_path / "home" / "state.db"
    with open_store(path) as one, open_store(path) as other:
        one.grade("4.8.1", "good", AT)
        other.grade("4.8.2", "good", AT)
        assert one.memories() == other.memories()


@posix
def test_a_database_deleted_under_a_session_is_said(path: Path) -> None:
    with open_store(path) as store:
        path.unlink()
        with pytest.raises(StateError, match="moved or deleted"):
            store.grade("4.8.1", "good", AT)
    assert not path.exists()
