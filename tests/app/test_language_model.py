"""Normalizer and router read texts with one language model: the operator's tables, also after an edit."""

import os
import shutil
from pathlib import Path

import pytest
from sqlmodel import select

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from config.settings import Settings
from messages import codec
from messages.shapes import Dispatch, Report
from normalize.decision_store import Decision
from router.decide import decide
from tests.conftest import NOW
from tests.support import records
from tests.support.records import at
from tests.support.rules import SHIPPED, SMALL
from tests.support.stages import make_router

pytestmark = pytest.mark.slow

REPORT = "Jalan zzqx di Kabupaten Sleman"
UNKNOWN_WORD = "Jalan zzyy di Kabupaten Sleman"


@pytest.fixture
def slang(tmp_path: Path) -> Path:
    """The slang table of an operator's folder; it reads `zzqx` as `berlubang`."""
    folder = tmp_path / "reference"
    shutil.copytree(SMALL, folder)
    shutil.copy(SHIPPED / "slang.csv", folder)
    add_row(folder / "slang.csv", "zzqx,berlubang")
    return folder / "slang.csv"


@pytest.fixture
def parts(settings: Settings, slang: Path) -> Parts:
    """The parts of a process with this folder and a migrated database."""
    parts = Parts(settings.model_copy(update={"reference_folder": slang.parent}), CHANNELS, system_surroundings())
    migrate(parts.engine)
    return parts


def add_row(table: Path, row: str) -> None:
    """Append a row; the file's time of change moves on by a second."""
    changed = table.stat().st_mtime_ns + 1_000_000_000
    with table.open("a", encoding="utf-8") as file:
        file.write(f"{row}\n")
    os.utime(table, ns=(changed, changed))


def words_in_normalizer(parts: Parts, text: str) -> frozenset[str]:
    """The words by which the normalizer compares a text with others."""
    comparable = parts.reading.matchers.current().read_known_sender(Report(text=text), "", "web", None)
    return frozenset(comparable.text_words)


def topic_in_router(parts: Parts, text: str) -> str:
    """The topic that the router finds in a text."""
    return decide(Report(text=text), parts.tables.rules).topic


def test_both_stages_read_an_operators_slang(parts: Parts) -> None:
    """A row that only the operator has is read by the normalizer and by the router."""
    assert "berlubang" in words_in_normalizer(parts, REPORT)
    assert "zzqx" not in words_in_normalizer(parts, REPORT)
    assert topic_in_router(parts, REPORT) == "jalan"


def test_both_stages_take_an_edit_between_two_batches(parts: Parts, slang: Path) -> None:
    """The next batch is read with the new row, and the normalizer stores the version that it read with."""
    router = make_router(parts.engine, parts.tables.reloading_rules, lambda: NOW)

    def work(offset: int) -> Dispatch:
        complaint, *_ = parts.normalizer.stage.handle([at(records.web(parts, UNKNOWN_WORD), offset)])
        dispatch, *_ = router.handle([at(complaint, offset)])
        return codec.decode(Dispatch, dispatch.value, dispatch.headers)

    first = work(offset=1)
    first_version = parts.tables.language_models.current().version
    assert "zzyy" in words_in_normalizer(parts, UNKNOWN_WORD)
    assert topic_in_router(parts, UNKNOWN_WORD) == ""
    add_row(slang, "zzyy,berlubang")
    second = work(offset=2)
    second_version = parts.tables.language_models.current().version

    assert "zzyy" not in words_in_normalizer(parts, UNKNOWN_WORD)
    assert topic_in_router(parts, UNKNOWN_WORD) == "jalan"
    assert (first.topic, second.topic) == ("", "jalan")
    assert stored_versions(parts) == {first_version, second_version}
    assert first_version != second_version


def test_a_faulty_edit_changes_neither_stage(parts: Parts, slang: Path) -> None:
    """Both go on with the previous model."""
    matcher, rules = parts.reading.matchers.current(), parts.tables.rules
    add_row(slang, "Zzyy,berlubang")
    assert parts.reading.matchers.current() is matcher
    assert parts.tables.rules is rules


def test_both_stages_share_one_model(parts: Parts) -> None:
    """The tables are loaded once: the villages alone take megabytes."""
    assert parts.tables.rules.language is parts.tables.language_models.current()
    assert parts.registry is parts.tables.rules.registry
    assert parts.reading.matchers.current().language_version == parts.tables.rules.language.version


def stored_versions(parts: Parts) -> set[str]:
    """The versions of the language model that the normalizer stored with its decisions."""
    with parts.engine.connect() as connection:
        return set(connection.execute(select(Decision.language_version)).scalars())
