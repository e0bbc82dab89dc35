"""What the sandbox remembers: objects in SQLite, bytes of files beside it.

An object is a JSON document with a kind (`openai.file`), an owner and a tag to filter by. It
knows no provider, so that every simulated provider can keep its objects here.
"""

import fcntl
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    tag TEXT NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX IF NOT EXISTS by_owner ON objects (kind, owner, sequence);
"""


class Stored(NamedTuple):
    owner: str
    document: bytes


class Store:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.work = folder / "work"
        self._make_folders()
        self._lock = (folder / "lock").open("w")
        self._take_lock()
        self._database = sqlite3.connect(folder / "sandbox.sqlite3", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()
        self._lock.close()

    def clear(self) -> None:
        self._database.execute("DELETE FROM objects")
        shutil.rmtree(self.files, ignore_errors=True)
        shutil.rmtree(self.work, ignore_errors=True)
        self._make_folders()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN")
        with self._database:
            yield

    def add(self, kind: str, *, owner: str, id: str, document: bytes, tag: str = "") -> None:
        self._database.execute(
            "INSERT INTO objects (kind, owner, id, tag, document) VALUES (?, ?, ?, ?, ?)",
            (kind, owner, id, tag, document),
        )

    def replace(self, kind: str, *, id: str, document: bytes) -> None:
        self._database.execute(
            "UPDATE objects SET document = ? WHERE kind = ? AND id = ?", (document, kind, id)
        )

    def get(self, kind: str, *, id: str) -> Stored | None:
        row = self._database.execute(
            "SELECT owner, document FROM objects WHERE kind = ? AND id = ?", (kind, id)
        ).fetchone()
        return None if row is None else Stored(*row)

    def delete(self, kind: str, *, id: str) -> None:
        self._database.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, id))

    def every(self, kind: str) -> Iterator[bytes]:
        rows = self._database.execute(
            "SELECT document FROM objects WHERE kind = ? ORDER BY sequence", (kind,)
        )
        return (row[0] for row in rows.fetchall())

    def list(
        self, kind: str, *, owner: str, tag: str, after: str, newest_first: bool
    ) -> Iterator[bytes]:
        """The owner's documents behind the object `after`; an empty tag or `after` means all."""
        compare, order = ("<", "DESC") if newest_first else (">", "ASC")
        rows = self._database.execute(
            "SELECT document FROM objects WHERE kind = :kind AND owner = :owner"  # noqa: S608 -- two words of our own
            " AND (:tag = '' OR tag = :tag)"
            f" AND (:after = '' OR sequence {compare}"
            " (SELECT sequence FROM objects WHERE kind = :kind AND id = :after))"
            f" ORDER BY sequence {order}",
            {"kind": kind, "owner": owner, "tag": tag, "after": after},
        )
        return (row[0] for row in rows)

    def file(self, id: str) -> Path:
        return self.files / id

    def scratch(self) -> Path:
        """A path for bytes that are not a file yet; swept at the next start."""
        return self.work / token_hex(12)

    def sweep(self) -> None:
        """Delete what a killed process left half done."""
        for path in self.work.iterdir():
            path.unlink()

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"another sandbox uses {self.folder}") from None

    def _make_folders(self) -> None:
        self.files.mkdir(parents=True, exist_ok=True)
        self.work.mkdir(exist_ok=True)
