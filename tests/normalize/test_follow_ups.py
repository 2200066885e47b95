"""A follow-up by the sender's own link is a repeat of the report, whatever its words are."""

from uuid import UUID

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from messages import ids
from messages.shapes import SenderAct
from normalize.stage import NormalizeStage
from tests.support import records
from tests.support.records import at, value_of
from tests.support.stages import make_normalizer


@pytest.fixture
def stage(parts: Parts, engine: Engine) -> NormalizeStage:
    """Return a normalizer on each kind of database."""
    return make_normalizer(engine, parts.sealer)


REPORT = UUID("00000000-0000-8000-8000-0000000000b1")


@pytest.mark.parametrize("act", ["adds", "objects", "confirms", "rates", "withdraws", "asks-to-be-forgotten"])
def test_a_follow_up_repeats_its_report(parts: Parts, stage: NormalizeStage, act: SenderAct) -> None:
    """It needs no words, and the report need not be known yet. It carries no contact of its own."""
    (output,) = stage.handle([at(records.followed(parts, REPORT, act, rating=2))])
    complaint = value_of(output)
    assert complaint["relation"]["kind"] == "repeat"
    assert complaint["relation"]["of"] == str(ids.complaint_id(REPORT)) == (output.key or b"").decode()
    assert complaint["follow_up"] == {"act": act, "rating": 2}
    assert complaint["report"]["text"]


def test_equal_words_are_two_follow_ups(parts: Parts, stage: NormalizeStage) -> None:
    """The second "belum" of a sender is about the report, and no copy of the first one."""
    messages = [records.followed(parts, REPORT, "objects", "Belum nyala.") for _ in range(2)]
    outputs = stage.handle([at(message, offset) for offset, message in enumerate(messages)])
    assert [value_of(output)["relation"]["of"] for output in outputs] == [str(ids.complaint_id(REPORT))] * 2


def test_a_follow_up_without_proof_is_a_report_of_its_own(parts: Parts, stage: NormalizeStage) -> None:
    """Only the link or the device proves whose report it is."""
    (output,) = stage.handle([at(records.followed(parts, REPORT, "withdraws", "Saya tarik.", proof="none"))])
    complaint = value_of(output)
    assert complaint["relation"]["kind"] == "new"
    assert complaint["follow_up"]["act"] == "reports"
