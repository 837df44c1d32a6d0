"""The file of the response cache: SQLite with a rollback journal, used by one thread of each process."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from tui.core.errors import Problem

_T = TypeVar("_T")
_VERSION: Final = 1
_BUSY_S: Final = 2.0
_ROW_BYTES: Final = 200
"""What a row takes beside its answer."""
_KEEP_STALE: Final = 2.0
"""Answers older than so many times their fresh time are removed."""
_SCHEMA: Final = """
create table if not exists answers (
    digest text primary key, data text not null, bytes integer not null, stored real not null, used integer not null
) without rowid;
create index if not exists answers_used on answers (used);
"""


class CacheStore:
    """The open file. Not to be shared between threads."""

    def __init__(self, path: Path, *, ttl_s: float, max_bytes: int) -> None:
        self._path = path
        self._ttl_s = ttl_s
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def attempt(self, work: "Callable[[CacheStore], _T]", otherwise: _T) -> tuple[_T, list[Problem]]:
        """Return what `work` returns, or `otherwise`, and what a person should know.

        A damaged file is set aside and `work` tried once more with a new one.
        """
        problems: list[Problem] = []
        for _ in range(2):
            try:
                self._open()
                return work(self), problems
            except sqlite3.OperationalError as error:  # busy, full, not writable: the file itself may be fine
                self.close()
                return otherwise, [*problems, _trouble(self._path, error)]
            except sqlite3.DatabaseError as error:
                self.close()
                try:
                    problems += self._set_aside(error)
                except OSError as failed:
                    return otherwise, [*problems, _trouble(self._path, failed)]
            except OSError as error:
                return otherwise, [*problems, _trouble(self._path, error)]
        return otherwise, problems or [_trouble(self._path, "the file is damaged")]

    def get(self, digest: str, now: float) -> tuple[str, float] | None:
        """Return an answer and when it was stored, and note its use."""
        with self._transaction() as connection:
            row = connection.execute("select data, stored from answers where digest = ?", (digest,)).fetchone()
            if row is None:
                return None
            if row[1] + self._ttl_s * _KEEP_STALE <= now:
                connection.execute("delete from answers where digest = ?", (digest,))
                return None
            connection.execute(
                "update answers set used = (select max(used) + 1 from answers) where digest = ?", (digest,)
            )
            return str(row[0]), float(row[1])

    def put(self, digest: str, data: str, now: float) -> bool:
        """Store an answer and remove what is too old or too much; return whether it is stored."""
        size = len(data.encode("utf-8")) + _ROW_BYTES
        if size > self._max_bytes:
            return False
        with self._transaction() as connection:
            connection.execute("delete from answers where stored <= ?", (now - self._ttl_s * _KEEP_STALE,))
            connection.execute(
                "insert or replace into answers (digest, data, bytes, stored, used)"
                " values (?, ?, ?, ?, (select coalesce(max(used), 0) + 1 from answers))",
                (digest, data, size, now),
            )
            total = connection.execute("select sum(bytes) from answers").fetchone()[0]
            oldest = connection.execute("select digest, bytes from answers order by used").fetchall()
            for other, freed in oldest:
                if total <= self._max_bytes:
                    break
                connection.execute("delete from answers where digest = ?", (other,))
                total -= freed
        return True

    def remove(self, digest: str) -> None:
        """Remove one answer."""
        with self._transaction() as connection:
            connection.execute("delete from answers where digest = ?", (digest,))

    def clear(self) -> None:
        """Remove all answers."""
        with self._transaction() as connection:
            connection.execute("delete from answers")

    def size(self) -> tuple[int, int]:
        """Return how many answers there are and their bytes."""
        with self._transaction() as connection:
            count, total = connection.execute("select count(*), coalesce(sum(bytes), 0) from answers").fetchone()
            return int(count), int(total)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> None:
        if self._connection is not None and _inode(self._path) != self._inode:
            self.close()  # another process has set it aside, or a person deleted it
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            self._path.chmod(0o600)
            self._inode = _inode(self._path)
            self._connection = _connect(self._path)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        if connection is None:
            raise sqlite3.OperationalError("the file is closed")
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("rollback")
            raise
        connection.execute("commit")

    def _set_aside(self, error: sqlite3.DatabaseError) -> list[Problem]:
        """Move a damaged file out of the way, unless another process has done so already."""
        guard = os.open(self._path.with_name(self._path.name + ".guard"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX)
            if _is_sound(self._path):
                return []
            aside = self._path.with_name(self._path.name + ".broken")
            self._path.replace(aside)
            self._path.with_name(self._path.name + "-journal").unlink(missing_ok=True)
        finally:
            os.close(guard)
        text = f"The file of kept answers could not be read ({error}); a new one was begun."
        return [Problem(title="Cache begun anew", text=text, hint=f"The damaged file is {aside}; it can be deleted.")]


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("pragma user_version").fetchone()[0]
    if version not in (0, _VERSION):
        raise sqlite3.DatabaseError(f"its form {version} is not known")
    connection.execute("pragma synchronous = normal")
    if version == 0:
        connection.execute("pragma auto_vacuum = full")
        connection.executescript(f"begin immediate; {_SCHEMA} pragma user_version = {_VERSION}; commit;")


def _is_sound(path: Path) -> bool:
    try:
        connection = _connect(path)
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False
    try:
        return bool(connection.execute("pragma quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def _trouble(path: Path, error: object) -> Problem:
    return Problem(title="Cache not used", text=f"Answers cannot be kept: {error}.", hint=f"The file is {path}.")
