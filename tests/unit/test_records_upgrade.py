"""Records that an earlier version wrote: opened by this one with all that was in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from querist.catalog.records import Records, migrating
from querist.catalog.records.address import read_address
from querist.schema import Action, ClassValue, Question, TaskState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Records at version 0001 with a round, three tasks and a label."""
    sqlite = request.param == "sqlite"
    url = "records.db" if sqlite else request.getfixturevalue("fresh_postgres_url")
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = sa.create_engine(read_address(url, tmp_path).url, poolclass=sa.NullPool)
    when = NOW.replace(tzinfo=None).isoformat(" ") + ("" if sqlite else "+00:00")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        run = connection.exec_driver_sql
        run(
            "INSERT INTO rounds (number, step, evaluations, findings, started_at)"
            f" VALUES (1, 'collect', '[]', '[]', '{when}')"
        )
        for number, state, who in [
            (1, "done", "'ana'"),
            (2, "leased", "'bob'"),
            (3, "open", "NULL"),
        ]:
            until = f"'{when}'" if state == "leased" else "NULL"
            run(
                "INSERT INTO tasks (asset_id, round, arms, priority, state, annotator,"
                f" leased_until) VALUES ('t{number}', 1, '[\"active\"]', {-number}, '{state}',"
                f" {who}, {until})"
            )
        run(
            "INSERT INTO annotations (asset_id, version, action, value, class_name, annotator,"
            " origin, round, ontology_version, submission_id, task_id, created_at) VALUES ('t1', 1,"
            " 'label', '{\"type\": \"class\", \"name\": \"boot\"}', 'boot', 'ana', 'person', 1, 1,"
            f" 's1', 1, '{when}')"
        )
    return url


def test_what_an_earlier_version_wrote_is_there(old_url, tmp_path):
    """Tasks ask for a label, are leased and answered; the label stands; opinions are empty."""
    with Records(old_url, tmp_path) as records:
        tasks = [records.tasks.get(number) for number in (1, 2, 3)]
        assert [task.kind for task in tasks] == [Question.LABEL] * 3
        assert [task.state for task in tasks] == [
            TaskState.DONE,
            TaskState.LEASED,
            TaskState.OPEN,
        ]
        assert records.labels.current("t1").value == ClassValue(name="boot")
        assert records.opinions.list() == []
        assert records.gold.list() == []
        leased = records.tasks.lease("cid", count=5, seconds=60)
        assert [task.id for task in leased] == [2, 3]
        records.labels.append(
            asset_id="t2", action=Action.SKIP, value=None, annotator="cid",
            ontology_version=1, submission_id="s2", task_id=2,
        )  # fmt: skip
        assert records.tasks.get(2).state is TaskState.DONE
        assert records.labels.append(
            asset_id="t1", action=Action.SKIP, value=None, annotator="ana",
            ontology_version=1, submission_id="s1",
        ).seq == 1  # fmt: skip


def test_going_back_keeps_labels_and_tasks(old_url, tmp_path):
    """A downgrade to 0001 leaves the three tasks and the label as they were."""
    Records(old_url, tmp_path).close()
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = sa.create_engine(read_address(old_url, tmp_path).url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        count = connection.exec_driver_sql("SELECT count(*) FROM tasks").scalar()
        assert (count, connection.exec_driver_sql("SELECT count(*) FROM annotations").scalar()) == (
            3,
            1,
        )
