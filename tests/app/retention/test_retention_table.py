"""The retention table names everything that is stored, and each of its rows is applied."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from app.assembly.channels import DIRECTORY
from app.operations.forgetting.erasure import STEPS
from app.operations.forgetting.treatments import TREATMENTS
from app.operations.retention.old_rows import TIMED, UNUSED
from app.operations.retention.table import checked_retention
from app.tables import METADATA
from config.reference.folder import SHIPPED, SHIPPED_FOLDER, ReferenceFolder
from config.reference.retention import RETENTION, load_retention
from config.reference.table_reader import TableError
from messages.topics import all_topics
from tests.support.retention_rows import row_of

MAX_REPLY_AGE = timedelta(days=7)
TABLE = load_retention()
# Emptied with the case by the purge itself, or by the step of another table.
_WITHOUT_STEP = {"desk_search", "desk_holder", "desk_unit_case", "ingest_attachment", "person_report"}
# Purged by the class of the row, without a step of `TIMED` or `UNUSED`.
_OWN_CODE = {"person-keys", "unsent-files", "replies", "codes", "archive"}


def test_every_table_has_a_row_and_a_treatment(engine: Engine) -> None:
    """A new table needs two decisions: how long its data stay, and what forgetting a person does with it."""
    present = {name for name in inspect(engine).get_table_names() if not name.startswith("desk_search_")}
    assert present | set(METADATA.tables) == set(TREATMENTS)
    stored = [name for row in TABLE.rows for name in row.tables()]
    assert sorted(stored) == sorted(TREATMENTS)


def test_every_topic_has_a_row_with_its_retention() -> None:
    """The bus keeps the records of a topic as long as the table says."""
    for topic in all_topics(["kota-3374", "triage"], DIRECTORY.names):
        row = row_of(TABLE, f"topic:{topic.name}")
        assert row is not None, topic.name
        assert (row.days, row.action) == (topic.retention, "bus")


def test_every_row_is_applied() -> None:
    """A row that the purge must apply has code for it, and the tables of cases are those with a step."""
    purged = {row.name for row in TABLE.rows if row.action in {"empty", "delete", "destroy-key"}}
    by_age = {row.name for row in TABLE.rows if row.name in purged and row.starts != "case-end"}
    assert by_age == set(TIMED) | set(UNUSED) | _OWN_CODE
    assert {row.name for row in TABLE.rows if row.starts == "case-end"} <= purged
    assert TABLE.case_tables() - _WITHOUT_STEP <= set(STEPS)
    emptied = {table for table in STEPS if TREATMENTS[table].effect == "emptied"}
    assert emptied - TABLE.case_tables() == {"ingest_device", "replies_outbox"}


def test_nothing_of_a_citizen_stays_for_ever() -> None:
    """Each class with words, seals or keyed hashes of persons ends, or is a file whose content has rows."""
    endless = {row.name for row in TABLE.rows if row.days is None and row.form not in {"none", "staff"}}
    assert endless == {"file-database", "file-keys", "file-spool"}
    assert checked_retention(SHIPPED, MAX_REPLY_AGE).rows == TABLE.rows


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (lambda text: text.replace(",case-end,730,", ",case-end,365,"), "case-words has too few days"),
        (lambda text: text.replace("delete,UU 27/2022 Pasal 9", "keep,UU 27/2022 Pasal 9", 1), "row unreachable"),
        (lambda text: text.replace(",row-time,1826,delete,UU 27/2022 Pasal 9", ",row-time,,keep,x"), "for ever"),
        (lambda text: text.replace("table:person_key", "table:person_keys"), "person-keys must have the items"),
        (lambda text: text.replace(",row-time,200,writer", ",row-time,100,writer"), "lookup-keys is deleted after 200"),
        (lambda text: text.replace(",row-time,90,empty", ",row-time,7,empty"), "replies has too few days"),
        (lambda text: text.replace(",case-end,730,", ",case-end,800,", 1), "different days"),
        (lambda text: text + text.splitlines()[-1] + "\n", "stands twice"),
        (lambda text: text.replace(",row-time,90,", ",row-time,soon,"), "whole number"),
    ],
)
def test_a_faulty_table_is_refused(tmp_path: Path, edit: Callable[[str], str], fault: str) -> None:
    """Each fault names the class and the remedy. An operator may change days and legal basis."""
    text = (SHIPPED_FOLDER / RETENTION).read_text()
    (tmp_path / RETENTION).write_text(edit(text))
    with pytest.raises(TableError, match=fault):
        checked_retention(ReferenceFolder(tmp_path), MAX_REPLY_AGE)
    (tmp_path / RETENTION).write_text(text.replace(",case-end,730,", ",case-end,1095,"))
    assert checked_retention(ReferenceFolder(tmp_path), MAX_REPLY_AGE).row("files").days == 1095
