"""The ledger's file: made for its owner alone, on a disk of this machine, and every failure said in plain words."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.core.errors import LLMMixerError, Problem

if TYPE_CHECKING:
    import sqlite3

APPLICATION_ID: Final = 0x4C4D4958
VERSION: Final = 1
_NETWORK: Final = frozenset(
    {"9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre", "ncpfs"}
    | {"nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs"}
)
_NETWORK_FUSE: Final = ("sshfs", "s3fs", "gcsfuse", "rclone", "davfs", "glusterfs", "cephfs", "juicefs", "curlftpfs")
_OCTAL: Final = re.compile(r"\\([0-7]{3})")  # how mountinfo writes a space in a path

# One row of `entry` a call. `counted_pico` is what it weighs in a budget: what is held, then what it cost; NULL when no
# price is known. Times are milliseconds since the epoch. `tally` has the sums of every quarter of an hour, kept by the
# triggers, so that checking a budget stays quick however many calls there were: days of all time zones begin with one.
QUARTER_MS: Final = 900_000
_SCHEMA: Final = """
CREATE TABLE entry (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('held', 'settled', 'estimated', 'orphaned', 'released', 'duplicate')),
    session TEXT NOT NULL, project TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
    pane TEXT NOT NULL, turn TEXT NOT NULL, attempt INTEGER NOT NULL,
    begun INTEGER NOT NULL, ended INTEGER,
    held_pico INTEGER, cost_pico INTEGER, counted_pico INTEGER, saved_pico INTEGER NOT NULL DEFAULT 0,
    held_input INTEGER NOT NULL, held_output INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL DEFAULT 0, cache_read_tokens INTEGER NOT NULL DEFAULT 0,
    cache_write_5m_tokens INTEGER NOT NULL DEFAULT 0, cache_write_1h_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0, reasoning_tokens INTEGER NOT NULL DEFAULT 0,
    estimated INTEGER NOT NULL DEFAULT 0,
    price_source TEXT NOT NULL, price_model TEXT NOT NULL, price_date TEXT NOT NULL,
    message_id TEXT,
    owner_pid INTEGER NOT NULL, owner_started TEXT NOT NULL, owner_place TEXT NOT NULL, lease_until INTEGER NOT NULL
) WITHOUT ROWID

CREATE INDEX entry_begun ON entry (begun)

CREATE INDEX entry_session ON entry (session)

CREATE INDEX entry_held ON entry (lease_until) WHERE state = 'held'

CREATE INDEX entry_message ON entry (message_id, provider, model) WHERE message_id IS NOT NULL

CREATE TABLE tally (
    quarter INTEGER NOT NULL, session TEXT NOT NULL, project TEXT NOT NULL, provider TEXT NOT NULL,
    counted_pico INTEGER NOT NULL, held_pico INTEGER NOT NULL, unpriced INTEGER NOT NULL,
    PRIMARY KEY (quarter, session, project, provider)
) WITHOUT ROWID

CREATE INDEX tally_session ON tally (session)

CREATE INDEX tally_project ON tally (project)

CREATE TRIGGER entry_added AFTER INSERT ON entry BEGIN
    INSERT INTO tally VALUES (
        new.begun / 900000, new.session, new.project, new.provider, coalesce(new.counted_pico, 0),
        iif(new.state = 'held', coalesce(new.counted_pico, 0), 0), new.counted_pico IS NULL
    ) ON CONFLICT (quarter, session, project, provider) DO UPDATE SET
        counted_pico = counted_pico + excluded.counted_pico,
        held_pico = held_pico + excluded.held_pico, unpriced = unpriced + excluded.unpriced;
END

CREATE TRIGGER entry_changed AFTER UPDATE OF state, counted_pico ON entry BEGIN
    UPDATE tally SET
        counted_pico = counted_pico + coalesce(new.counted_pico, 0) - coalesce(old.counted_pico, 0),
        held_pico = held_pico + iif(new.state = 'held', coalesce(new.counted_pico, 0), 0)
            - iif(old.state = 'held', coalesce(old.counted_pico, 0), 0),
        unpriced = unpriced + (new.counted_pico IS NULL) - (old.counted_pico IS NULL)
    WHERE quarter = old.begun / 900000 AND session = old.session AND project = old.project
        AND provider = old.provider;
END

CREATE TABLE alert (
    budget TEXT NOT NULL, window TEXT NOT NULL, limit_pico INTEGER NOT NULL, percent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (budget, window, limit_pico, percent)
) WITHOUT ROWID
"""


class LedgerError(LLMMixerError):
    """The ledger cannot be read or written. With a hard budget nothing may be sent then."""


def ledger_path(state_dir: Path) -> Path:
    """Return where the ledger of a user lies; it need not exist."""
    return state_dir / "spend.sqlite"


def connect(path: Path, *, busy_s: float, read_only: bool = False) -> "sqlite3.Connection":
    """Open the ledger at `path`, making it when it is missing (not with `read_only`).

    Waits up to `busy_s` seconds for other processes. Raises `LedgerError`.
    """
    import sqlite3

    with failures(path):
        address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
        if not read_only:
            _refuse_network(path)
            _prepare_file(path)
        connection = sqlite3.connect(address, uri=True, timeout=busy_s, isolation_level=None)
        try:
            if read_only:
                _check(connection, path)
            else:
                _set_up(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def _set_up(connection: "sqlite3.Connection", path: Path) -> None:
    # Not WAL: the SQLite of today's Pythons may lose commits in it when several processes write.
    # TRUNCATE rather than DELETE: its commit is synchronised even if the power fails right after it.
    mode = connection.execute("PRAGMA journal_mode = TRUNCATE").fetchone()[0]
    connection.execute("PRAGMA synchronous = FULL")
    if mode != "truncate":
        raise LedgerError(
            Problem(
                title="Spending cannot be recorded safely",
                text=f"{path} is in journal mode {mode!r} and another program keeps it so.",
                hint="Close other programs that have the file open.",
            )
        )
    if _version(connection, path) == 0:
        with transaction(connection):
            if _version(connection, path) == 0:
                for statement in _SCHEMA.split("\n\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {VERSION}")


@contextmanager
def transaction(connection: "sqlite3.Connection") -> Iterator[None]:
    """One transaction that nobody else can write beside; rolled back on any error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: "sqlite3.Connection", path: Path) -> int:
    """Return the version of the schema, 0 for an empty file; refuse what is not a ledger of ours."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    if (application, version, tables) == (0, 0, 0):
        return 0
    if application != APPLICATION_ID:
        raise _foreign(path)
    if version > VERSION:
        raise LedgerError(
            Problem(
                title="The ledger is of a newer LLMMixer",
                text=f"{path} has version {version}; this program knows {VERSION}.",
                hint="Update LLMMixer.",
            )
        )
    return version


def _check(connection: "sqlite3.Connection", path: Path) -> None:
    if _version(connection, path) == 0:
        raise _foreign(path)


def _foreign(path: Path) -> LedgerError:
    return LedgerError(
        Problem(
            title="Not a ledger",
            text=f"{path} is a database of something else.",
            hint="Move it away; a new ledger is begun then.",
        )
    )


def _prepare_file(path: Path) -> None:
    """Make the file and its folder for their owner alone; SQLite gives its journal the same rights."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        status = os.fstat(file)
        if status.st_mode & 0o077 and status.st_uid == os.geteuid():
            os.fchmod(file, 0o600)
    finally:
        os.close(file)


def _refuse_network(path: Path) -> None:
    """Locks of network file systems cannot be relied on, and then two sessions could spend one dollar twice."""
    kind = filesystem(path)
    name = kind.removeprefix("fuse.")
    if kind in _NETWORK or (kind.startswith("fuse") and name.startswith(_NETWORK_FUSE)):
        raise LedgerError(
            Problem(
                title="Spending cannot be recorded on a network file system",
                text=f"{path} lies on {kind}, whose locks cannot be relied on.",
                hint="Set LLMMIXER_HOME or XDG_STATE_HOME to a folder on a disk of this machine.",
            )
        )


def filesystem(path: Path, mounts: str | None = None) -> str:
    """Return the kind of file system `path` lies (or would lie) on, "" where the system does not say.

    `mounts` is the text of /proc/self/mountinfo.
    """
    if mounts is None:
        if sys.platform != "linux":
            return ""
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""
    best, kind = -1, ""
    resolved = path.resolve()
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields, rest = before.split(), after.split()
        if len(fields) < 5 or not rest:
            continue
        point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        if resolved.is_relative_to(point) and len(point.parts) >= best:  # a later mount hides an earlier one
            best, kind = len(point.parts), rest[0]
    return kind


@contextmanager
def failures(path: Path) -> Iterator[None]:
    """Turn what can go wrong with the file into a `LedgerError` that says what to do."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise LedgerError(_problem(path, error)) from error
    except OSError as error:
        hint = "Check the permissions of the folder and the space on its disk."
        raise LedgerError(
            Problem(title="Spending cannot be recorded", text=f"{path}: {error.strerror or error}.", hint=hint)
        ) from error
    except OverflowError as error:
        raise LedgerError(
            Problem(title="Spending cannot be recorded", text=f"A number is too large for the ledger: {error}.")
        ) from error


def _problem(path: Path, error: "sqlite3.Error") -> Problem:
    import sqlite3

    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    for codes, text, hint in (
        (
            {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED},
            "another process keeps the ledger locked.",
            "Wait a moment and try again; look for a program that has stopped while writing.",
        ),
        ({sqlite3.SQLITE_FULL}, "the disk is full.", "Free some space and try again."),
        (
            {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH},
            "the file or its folder cannot be written.",
            "Check their permissions.",
        ),
        (
            {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB},
            "the file is damaged or no ledger.",
            "Move it away; a new ledger is begun then, without the earlier spending. "
            "`sqlite3 FILE .recover` may save what is in it.",
        ),
    ):
        if code in codes:
            return Problem(title="Spending cannot be recorded", text=f"{path}: {text}", hint=hint)
    return Problem(title="Spending cannot be recorded", text=f"{path}: {error}.", hint="Try again.")
