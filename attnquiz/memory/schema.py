"""The state database as a file: its tables, its versions, and what can be wrong with it."""

import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from attnquiz.errors import StateError

APPLICATION_ID = int.from_bytes(b"attq", "big")  # marks the file as ours

Migration = Sequence[str]  # statements

MIGRATIONS: tuple[Migration, ...] = (  # the n-th makes version n of version n - 1
    (
        """
        create table log (
            seq integer primary key,
            id text not null unique,
            kind text not null check (kind in ('review', 'reset', 'suspend', 'resume')),
            card text not null,
            rating text check (rating in ('again', 'hard', 'good', 'easy')),
            at text not null,  -- UTC
            day text not null,  -- the study day where it was written
            seconds real,
            hints integer not null default 0,
            undone text,  -- UTC, when it was taken back
            check ((kind = 'review') = (rating is not null))
        )
        """,
        "create index log_by_card on log (card, at, id)",
        "create index log_by_day on log (day)",
        """
        create trigger log_is_kept before delete on log
        begin select raise(abort, 'the log is append-only'); end
        """,
        """
        create trigger log_is_final before update of seq, id, kind, card, rating, at, day, seconds, hints on log
        begin select raise(abort, 'the log is append-only'); end
        """,
        "create table meta (key text primary key, value text not null) without rowid",
        "create table postponed (card text primary key, day text not null) without rowid",  # not on that day
    ),
)

DERIVED = (  # from the log; made anew after every migration
    "drop table if exists memories",
    """
    create table memories (
        card text primary key,
        stability real not null,
        difficulty real not null,
        due text not null,
        last text not null,
        state text not null,
        reviews integer not null,
        lapses integer not null,
        introduced text not null  -- the day of its first review
    ) without rowid
    """,
    "drop table if exists suspended",
    "create table suspended (card text primary key) without rowid",
)


def connect(path: Path, wait_s: float) -> sqlite3.Connection | None:
    """The database at `path`, brought up to date with a backup made before; None where there is none yet.

    Nothing is written to a file that is up to date, so that it may be read-only. The journal is SQLite's plain one:
    one file to copy, and readable where nothing can be written, which a write-ahead log is not.
    """
    with state_errors(path):
        if not _is_there(path):
            return None
        with _opening(path, wait_s) as db:
            version = _version(db, path)
            if 0 < version < len(MIGRATIONS):
                _back_up(db, path, version)
                migrate(db, path)
        if version:
            return db
        db.close()
        return None


def create(path: Path, wait_s: float) -> sqlite3.Connection:
    """A new database at `path`, or the one that another process has just made there."""
    with state_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opening(path, wait_s) as db:
            migrate(db, path)
        return db


def in_memory() -> sqlite3.Connection:
    """An empty database that stands for a file not yet written."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db, Path(":memory:"))
    return db


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """All the steps in one transaction: a crash among them leaves the version before."""
    with transaction(db):
        version = _version(db, path)  # asked again: another process may have been faster
        for migration in MIGRATIONS[version:]:
            for statement in migration:
                db.execute(statement)
        if version < len(MIGRATIONS):
            for statement in DERIVED:
                db.execute(statement)
            db.execute("delete from meta where key = 'derived_by'")
            db.execute(f"pragma application_id = {APPLICATION_ID}")
            db.execute(f"pragma user_version = {len(MIGRATIONS)}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """A write: all of it is on disk when the block ends, or nothing of it when it raises."""
    db.execute("begin immediate")
    try:
        yield
        db.execute("commit")
    except BaseException:
        if db.in_transaction:  # some errors, a full disk among them, have rolled back already
            db.execute("rollback")
        raise


@contextmanager
def state_errors(path: Path) -> Iterator[None]:
    """Turns what SQLite and the file system report about the state at `path` into a StateError."""
    try:
        yield
    except sqlite3.ProgrammingError:  # a defect of ours, not of the state
        raise
    except (sqlite3.Error, UnicodeDecodeError) as error:  # damaged bytes may stand in SQLite's own message
        raise _explained(path, error) from error
    except OSError as error:
        reason = error.strerror or error
        raise StateError(
            f"{path}: {reason}; mend that, or point ATTNQUIZ_HOME at a folder of yours",
            f"{path}：{reason}；请修复，或让 ATTNQUIZ_HOME 指向一个你自己的文件夹",
        ) from error


def _is_there(path: Path) -> bool:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(found.st_mode):
        raise StateError(
            f"{path} should be attnquiz's database but is not a file: move it aside",
            f"{path} 应当是 attnquiz 的数据库，却不是文件：请把它移走",
        )
    return True


@contextmanager
def _opening(path: Path, wait_s: float) -> Iterator[sqlite3.Connection]:
    """A connection that stays open unless the block raises."""
    db = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
    try:
        db.execute("pragma synchronous = extra")  # a power cut after the commit loses nothing either
        yield db
    except BaseException:
        db.close()
        raise


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The version of the database, 0 if nothing is in it yet; StateError if it is not ours or from a newer attnquiz."""
    (application_id,) = db.execute("pragma application_id").fetchone()
    (version,) = db.execute("pragma user_version").fetchone()
    if application_id != APPLICATION_ID:
        (tables,) = db.execute("select count(*) from sqlite_master").fetchone()
        if tables or version:
            raise StateError(
                f"{path} is a database of another program: move it aside, or point ATTNQUIZ_HOME elsewhere",
                f"{path} 是其他程序的数据库：请把它移走，或让 ATTNQUIZ_HOME 指向别处",
            )
        return 0
    if version > len(MIGRATIONS):
        raise StateError(
            f"{path} was written by a newer attnquiz (version {version}, this one knows {len(MIGRATIONS)}): "
            "upgrade attnquiz",
            f"{path} 由更新版本的 attnquiz 写成（版本 {version}，当前只认识到 {len(MIGRATIONS)}）：请升级 attnquiz",
        )
    return int(version)


def _back_up(db: sqlite3.Connection, path: Path, version: int) -> None:
    """A copy in backups/ beside the database, under a name that was not there."""
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    target = _claim(folder, f"{path.stem}.v{version}", path.suffix)
    try:
        with closing(sqlite3.connect(target)) as copy:
            db.backup(copy)
    except BaseException:
        target.unlink()
        raise


def _claim(folder: Path, stem: str, suffix: str) -> Path:
    for number in count(1):
        target = folder / f"{stem}.{number}{suffix}"
        try:
            target.touch(exist_ok=False)
        except FileExistsError:
            continue
        return target
    raise AssertionError("unreachable")


def _explained(path: Path, error: Exception) -> StateError:
    name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")  # text that is no text has none
    for beginnings, en, zh in _EXPLANATIONS:
        if name.startswith(beginnings):
            where = {"path": path, "backups": path.parent / "backups"}
            return StateError(en.format_map(where), zh.format_map(where))
    return StateError(f"{path}: {error} ({name})", f"{path}：{error}（{name}）")


_EXPLANATIONS = (  # how SQLite's name for the error begins; the first that fits is shown
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED"),
        "another attnquiz is writing to {path}; nothing was recorded: close it, or try again in a moment",
        "另一个 attnquiz 正在写入 {path}，本次没有记录：请关闭它，或稍后再试",
    ),
    (
        ("SQLITE_READONLY_DBMOVED",),
        "{path} was moved or deleted while in use; nothing was recorded: put it back, or start again",
        "{path} 在使用中被移走或删除，本次没有记录：请把它放回，或重新启动",
    ),
    (
        ("SQLITE_READONLY", "SQLITE_PERM"),
        "{path} or its folder is read-only; nothing was recorded: make both writable, "
        "or point ATTNQUIZ_HOME at a folder of yours",
        "{path} 或其文件夹是只读的，本次没有记录：请让两者可写，或让 ATTNQUIZ_HOME 指向一个你自己的文件夹",
    ),
    (
        ("SQLITE_CANTOPEN",),
        "{path} cannot be opened; nothing was recorded: mend the permissions of the file and its folder, "
        "or point ATTNQUIZ_HOME at a folder of yours",
        "{path} 无法打开，本次没有记录：请修复该文件及其文件夹的权限，或让 ATTNQUIZ_HOME 指向一个你自己的文件夹",
    ),
    (
        ("SQLITE_FULL",),
        "the disk that holds {path} is full; nothing was recorded: free some space and try again",
        "{path} 所在的磁盘已满，本次没有记录：请腾出空间后再试",
    ),
    (
        ("SQLITE_IOERR",),
        "the disk that holds {path} failed; nothing was recorded: check the disk and its free space",
        "{path} 所在的磁盘出错，本次没有记录：请检查磁盘及其剩余空间",
    ),
    (
        ("SQLITE_NOTADB", "SQLITE_CORRUPT"),
        "{path} is damaged or not a database: move it aside to begin anew, or put a copy from {backups} in its place",
        "{path} 已损坏或不是数据库：把它移走即可重新开始，或用 {backups} 中的备份替换它",
    ),
)
