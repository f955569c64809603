"""The bare minimum to compare with: lease and label over FastAPI and one SQLite connection.

No people, no roles, no rounds, no ledger, no suggestions, no history: what a careful server costs
is measured against this. Run: python -m benchmarks.lease_prototype DATABASE TASKS PORT
"""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Header
from pydantic import BaseModel

_TABLES = """
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, asset_id TEXT, text TEXT, score REAL, done INTEGER DEFAULT 0,
    lease_by TEXT, lease_until REAL DEFAULT 0
);
CREATE INDEX waiting ON tasks (done, score DESC);
CREATE TABLE labels (
    id INTEGER PRIMARY KEY, task_id INTEGER, asset_id TEXT, who TEXT, name TEXT,
    submission_id TEXT UNIQUE, seconds REAL, at REAL
);
"""
_LEASE = """
UPDATE tasks SET lease_by = ?, lease_until = ? WHERE id = (
    SELECT id FROM tasks WHERE done = 0 AND lease_until < ? ORDER BY score DESC LIMIT 1
) RETURNING id, asset_id, text
"""
_FINISH = "UPDATE tasks SET done = 1 WHERE id = ? AND lease_by = ? AND done = 0"
_LABEL = """
INSERT INTO labels (task_id, asset_id, who, name, submission_id, seconds, at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class ClassValue(BaseModel):
    """One class."""

    type: str
    name: str


class Label(BaseModel):
    """One answer."""

    asset_id: str
    value: ClassValue
    expected_version: int
    seconds: float
    task_id: int
    submission_id: str


def prototype(path: Path, tasks: int) -> FastAPI:
    """The application; it answers the same requests in the same shape, as far as needed."""
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    connection.executescript(_TABLES)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO tasks (asset_id, text, score) VALUES (?, ?, ?)",
        ((f"text-{i}", f"This is text-{i}.", -float(i)) for i in range(tasks)),
    )
    connection.execute("COMMIT")
    lock = threading.Lock()
    app = FastAPI()

    @app.get("/api/v1/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/api/v1/tasks/lease")
    def lease(authorization: str = Header()) -> dict[str, Any]:
        now = time.time()
        with lock:
            found = connection.execute(_LEASE, (authorization, now + 120, now)).fetchall()
        items = [
            {"task": {"id": it[0]}, "asset": {"id": it[1], "text": it[2]}, "version": 0}
            for it in found
        ]
        return {"items": items}

    @app.post("/api/v1/labels", status_code=201)
    def label(body: Label, authorization: str = Header()) -> dict[str, Any]:
        row = (
            body.task_id, body.asset_id, authorization, body.value.name, body.submission_id,
            body.seconds, time.time(),
        )  # fmt: skip
        with lock:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute(_FINISH, (body.task_id, authorization)).rowcount != 1:
                connection.execute("ROLLBACK")
                return {"error": "not yours"}
            connection.execute(_LABEL, row)
            connection.execute("COMMIT")
        return {**body.model_dump(), "annotator": authorization}

    return app


if __name__ == "__main__":
    database, count, port = sys.argv[1:]
    uvicorn.run(prototype(Path(database), int(count)), port=int(port), log_level="warning")
