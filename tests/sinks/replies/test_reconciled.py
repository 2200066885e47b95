"""An SMS whose webhook never came: filled from Twilio's list, and its sender told the number, once."""

from datetime import timedelta

import pytest

from app.assembly.parts import Parts
from ingest.wrap import accepted_record
from messages.gsm_alphabet import fits_one_sms
from messages.shapes import VerifiedBy
from messages.topics import COMPLAINTS, REPLIES
from normalize.replies import acknowledgement
from sinks.replies.providers.twilio import TwilioSms
from tests.app.test_sms_reconciliation import reconciler, sid, webhook
from tests.conftest import NOW
from tests.ingest.door_client import raw_messages
from tests.sinks.replies.office import OTHER_PHONE, PHONE, Office, complaint
from tests.support.loopback_twilio import LoopbackTwilio
from tests.support.records import at
from tests.support.stages import make_normalizer, make_reply_sink


def fill(parts: Parts, twilio: LoopbackTwilio) -> list[str]:
    """As `satupintu reconcile sms` does."""
    mine = reconciler(parts, twilio)
    return [raw.tracking for raw in mine.fill_in(mine.find_missing(NOW - timedelta(days=30), (), NOW).missing)]


def work(parts: Parts, sms: TwilioSms) -> None:
    """Everything on the door's topic, through the normalizer and the outbox to Twilio."""
    arrivals = [at(accepted_record(raw), place) for place, raw in enumerate(raw_messages(parts, "sms"))]
    made = make_normalizer(parts.engine, parts.sealer).handle(arrivals)
    said = [at(one, place) for place, one in enumerate(made) if one.topic in {COMPLAINTS, REPLIES}]
    make_reply_sink(parts.engine).handle(said)
    Office(parts.engine).send(sms, sealer=parts.sealer)


def test_the_sender_hears_the_number_once(parts: Parts, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """Not who was answered at the door; and not again, however often the gap is looked for and the topic worked."""
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


def test_who_wrote_again_has_a_number(parts: Parts, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """No answer came, so they sent it again and were answered: the first one, filled later, is a repeat and silent."""
    producer = parts.bus.producer()
    producer.publish([accepted_record(webhook(parts, 2, "lampu mati", PHONE))])
    producer.close()
    work(parts, sms)
    twilio.received(sid(1), NOW - timedelta(hours=1), "lampu mati", PHONE)

    assert len(fill(parts, twilio)) == 1
    work(parts, sms)

    assert twilio.sends == []


@pytest.mark.parametrize(("days", "sent"), [(6, 1), (8, 0)])
def test_nobody_is_answered_weeks_late(
    parts: Parts, twilio: LoopbackTwilio, sms: TwilioSms, days: int, sent: int
) -> None:
    """A gap that is found after more than a week is filled, and its senders are left in peace."""
    twilio.received(sid(1), NOW - timedelta(days=days), "lampu mati", PHONE)

    assert len(fill(parts, twilio)) == 1
    work(parts, sms)

    assert len(twilio.sends) == sent


@pytest.mark.parametrize("text", ["STATUS", "", "STOP"])
def test_what_is_no_report_is_not_answered(parts: Parts, twilio: LoopbackTwilio, sms: TwilioSms, text: str) -> None:
    """A question whose moment has passed, nothing said, a word to the operator: filled, and silent."""
    twilio.received(sid(1), NOW, text, PHONE)

    assert len(fill(parts, twilio)) == 1
    work(parts, sms)

    assert twilio.sends == []


@pytest.mark.parametrize("verified_by", ["twilio-signature", "smpp-bind", "device-token", "none"])
def test_who_was_at_the_door_was_answered_there(verified_by: VerifiedBy) -> None:
    """And who sent an SMS can't be told where nothing proves that they did."""
    assert acknowledgement(complaint(), verified_by) is None
