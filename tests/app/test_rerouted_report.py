"""A report that its sender's next words moved: one queue, a clean audit, and true pages."""

from sqlalchemy import Engine

from app.assembly.parts import Parts
from messages.replies.reply_texts import TRIAGE_NAME
from tests.app.test_corrections import CorrectionHarness

SEMARANG, SLEMAN = "Kota Semarang", "Kabupaten Sleman"


def test_the_audit_is_clean_and_the_sender_sees_both_steps(parts: Parts, engine: Engine) -> None:
    """The report and the addition are in one queue, and the status page names each agency that had the report."""
    harness = CorrectionHarness(parts, engine)
    harness.write(1, "Jalan rusak di Kota Semarang", channel="sms")
    harness.write(2, "maaf salah tulis, bukan Kota Semarang, Kabupaten Sleman", of=1, channel="sms", act="adds")
    harness.work()
    audit = harness.audit()
    assert (audit.clean, audit.at_agencies, audit.repeats) == (True, 2, 1), audit.differences
    assert harness.relation_and_agencies(1) == ("new", None, [SEMARANG, SLEMAN])
    assert harness.status(2).belongs_to_case
    assert TRIAGE_NAME not in harness.relation_and_agencies(1)[2]
    harness.producer.close()
