"""SMS whose webhook never arrived: filled in from Twilio's list, and acknowledged once."""

from datetime import timedelta

import pytest

from app.assembly.parts import Parts
from ingest.wrap import accepted_record
from messages.gsm_alphabet import fits_one_sms
from messages.shapes import Complaint, VerifiedBy
from messages.topics import COMPLAINTS, REPLIES
from normalize.replies import acknowledgement
from sinks.replies.providers.twilio import TwilioSms
from tests.app.test_sms_reconciliation import make_reconciliation, sid, webhook
from tests.conftest import NOW
from tests.ingest.door_client import raw_messages
from tests.sinks.replies.reply_harness import OTHER_PHONE, PHONE, ReplyHarness, complaint
from tests.support.loopback_twilio import LoopbackTwilio
from tests.support.records import at
from tests.support.stages import make_normalizer, make_reply_sink


def fill(parts: Parts, twilio: LoopbackTwilio) -> list[str]:
    """Fill in missing SMS as `satupintu reconcile sms` does."""
    reconciliation = make_reconciliation(parts, twilio)
    return [
        raw.tracking
        for raw in reconciliation.fill_in(reconciliation.find_missing(NOW - timedelta(days=30), (), NOW).missing)
    ]


def work(parts: Parts, sms: TwilioSms) -> None:
    """Pass all arrivals through the normalizer and the outbox to Twilio."""
    arrivals = [at(accepted_record(raw), offset) for offset, raw in enumerate(raw_messages(parts, "sms"))]
    outputs = make_normalizer(parts.engine, parts.sealer).handle(arrivals)
    records_ = [at(message, offset) for offset, message in enumerate(outputs) if message.topic in {COMPLAINTS, REPLIES}]
    make_reply_sink(parts.engine).handle(records_)
    ReplyHarness(parts.engine).send(sms, sealer=parts.sealer)


def test_the_sender_gets_the_number_once(parts: Parts, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """A filled-in SMS is acknowledged once, also after repeated reconciliations. A webhook's SMS is not."""
    twilio.received(sid(1), NOW, "LAPOR jalan rusak", OTHER_PHONE)
    twilio.received(sid(2), NOW - timedelta(hours=5), "LAPOR lampu mati", PHONE)
    producer = parts.bus.producer()
    producer.publish([accepted_record(webhook(parts, 1, "LAPOR jalan rusak", OTHER_PHONE))])
    producer.close()

    (number,) = fill(parts, twilio)
    for _ in range(2):
        work(parts, sms)
        assert fill(parts, twilio) == []

    (sent,) = twilio.sends
    assert sent["To"] == PHONE
    assert number in sent["Body"]
    assert fits_one_sms(sent["Body"])


def test_a_filled_in_repeat_has_no_reply(parts: Parts, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """The sender sent the SMS again and was answered. The first SMS, filled in later, is a repeat without a reply."""
    producer = parts.bus.producer()
    producer.publish([accepted_record(webhook(parts, 2, "lampu mati", PHONE))])
    producer.close()
    work(parts, sms)
    twilio.received(sid(1), NOW - timedelta(hours=1), "lampu mati", PHONE)

    assert len(fill(parts, twilio)) == 1
    work(parts, sms)

    assert twilio.sends == []


@pytest.mark.parametrize(("days", "sent"), [(6, 1), (8, 0)])
def test_a_late_fill_in_has_no_reply(
    parts: Parts, twilio: LoopbackTwilio, sms: TwilioSms, days: int, sent: int
) -> None:
    """An SMS that is filled in after more than a week has no reply."""
    twilio.received(sid(1), NOW - timedelta(days=days), "lampu mati", PHONE)

    assert len(fill(parts, twilio)) == 1
    work(parts, sms)

    assert len(twilio.sends) == sent


@pytest.mark.parametrize("text", ["STATUS", "", "STOP"])
def test_a_message_that_is_no_report_has_no_reply(
    parts: Parts, twilio: LoopbackTwilio, sms: TwilioSms, text: str
) -> None:
    """A status question, an empty SMS and a command to the operator are filled in without a reply."""
    twilio.received(sid(1), NOW, text, PHONE)

    assert len(fill(parts, twilio)) == 1
    work(parts, sms)

    assert twilio.sends == []


@pytest.mark.parametrize("verified_by", ["twilio-signature", "smpp-bind", "device-token", "none"])
def test_a_message_from_a_door_has_no_acknowledgement(verified_by: VerifiedBy) -> None:
    """A sender who was answered at the door, or is unproven, gets no acknowledgement."""
    assert acknowledgement(complaint(), verified_by) is None


@pytest.mark.parametrize("verified_by", ["x-api", "twilio-api"])
def test_a_receipt_says_that_words_become_public(verified_by: VerifiedBy) -> None:
    """Where everybody may read reports, unless the sender has prevented it."""

    def says(sent: Complaint, *, has_public_view: bool) -> bool:
        reply = acknowledgement(sent, verified_by, has_public_view=has_public_view)
        assert reply
        return "apat dibaca umum" in reply.text and "rahasia" in reply.text.casefold()

    secret = complaint().model_copy(update={"report": complaint().report.model_copy(update={"rahasia": True})})
    assert says(complaint(), has_public_view=True)
    assert not says(complaint(), has_public_view=False)
    assert not says(secret, has_public_view=True)
