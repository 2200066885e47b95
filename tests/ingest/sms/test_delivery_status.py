"""What Twilio tells of an SMS that we sent: believed only with its signature, recorded, and never a step back."""

from itertools import permutations
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
import requests
from sqlalchemy import select
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator

from config.database import read_transaction
from messages.shapes import Reply
from sinks.replies.tables import OutboxRow, UnreachableRow
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.sinks.replies.reply_harness import Clock, ReplyHarness, complaint, reply
from tests.sinks.replies.test_sender import RecordingProvider

_PUBLIC = "https://lapor.example/satu-pintu"
_TOLD = reply(complaint())
_SID = "SM" + "7" * 32
_TOKEN = "twilio-test"


@pytest.fixture
def served(serve: Serve) -> DoorClient:
    """The doors, behind a public address with a path."""
    return serve(public_url=_PUBLIC)


def office_of(served: DoorClient) -> ReplyHarness:
    """The senders beside these doors, with one reply to send."""
    made = ReplyHarness(served.parts.engine, Clock())
    made.take(complaint(), _TOLD)
    return made


def tell(served: DoorClient, reply_id: object, token: str = _TOKEN, **fields: str) -> requests.Response:
    """As Twilio does it."""
    path = f"/sms/twilio/status?reply={reply_id}"
    said = {"MessageSid": _SID, "SmsStatus": "", "AccountSid": "AC0", **fields}
    signature = RequestValidator(token).compute_signature(_PUBLIC + path, said)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return served.post(path, data=urlencode(said), headers=headers)


def seen(served: DoorClient, told: Reply = _TOLD) -> tuple[str, str, str]:
    """The state of a reply, Twilio's last word of it, and the error."""
    query = select(OutboxRow.state, OutboxRow.status, OutboxRow.error).where(OutboxRow.id == told.id)  # type: ignore[call-overload]
    with read_transaction(served.parts.engine) as connection:
        state, status, error = connection.execute(query).one()
    return state, status, error


def test_a_status_is_recorded(served: DoorClient) -> None:
    """What was sent is delivered."""
    office_of(served).send(RecordingProvider())
    assert tell(served, _TOLD.id, MessageStatus="delivered").status_code == 204
    assert seen(served) == ("sent", "delivered", "")


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])))
def test_in_any_order_and_twice(served: DoorClient, order: tuple[str, ...]) -> None:
    """They come as they like: the furthest stays."""
    office_of(served).send(RecordingProvider())
    for status in (*order, *order):
        assert tell(served, _TOLD.id, MessageStatus=status).status_code == 204
    assert seen(served) == ("sent", "delivered", "")


def test_lost_on_the_way(served: DoorClient) -> None:
    """The code of why stays with it; what comes late is no news."""
    office_of(served).send(RecordingProvider())
    tell(served, _TOLD.id, MessageStatus="undelivered", ErrorCode="30005")
    tell(served, _TOLD.id, MessageStatus="sent")
    assert seen(served) == ("failed", "undelivered", "30005")


def test_twilio_settles_what_was_unknown(served: DoorClient) -> None:
    """It has the message, so it was sent; under its own id."""
    harness = office_of(served)
    harness.sender(RecordingProvider()).step()
    unknown = reply(complaint(), "answered")
    harness.take(unknown)
    harness.send(RecordingProvider(TimeoutError()))
    assert seen(served, unknown)[0] == "unknown"
    tell(served, unknown.id, MessageStatus="sent")
    assert seen(served, unknown) == ("sent", "sent", "")
    assert harness.row(unknown).provider_id == _SID


def test_twilio_is_faster_than_its_own_answer(served: DoorClient) -> None:
    """The status comes while we still wait for the answer: the reply is known by its own id."""

    class Fast(RecordingProvider):
        def deliver(self, letter: object) -> str:
            tell(served, _TOLD.id, MessageStatus="delivered")
            return super().deliver(letter)  # type: ignore[arg-type]

    office_of(served).send(Fast())
    assert seen(served) == ("sent", "delivered", "")


def test_an_opt_out_told_later_counts(served: DoorClient) -> None:
    """A messaging service takes the message first, and says 21610 afterwards."""
    harness = office_of(served)
    harness.send(RecordingProvider())
    tell(served, _TOLD.id, MessageStatus="failed", ErrorCode="21610")
    assert seen(served) == ("failed", "failed", "21610")
    with read_transaction(served.parts.engine) as connection:
        assert connection.execute(select(UnreachableRow.reason)).scalar_one() == "opted_out"  # type: ignore[call-overload]
    again = complaint("again")
    harness.take(again, reply(again))
    harness.send(RecordingProvider())
    assert seen(served, reply(again)) == ("withheld", "", "opted_out")


@pytest.mark.parametrize("token", ["another", ""])
def test_a_forged_status_is_refused(served: DoorClient, token: str) -> None:
    """Signed with another token: nothing is recorded."""
    office_of(served).send(RecordingProvider())
    assert tell(served, _TOLD.id, token, MessageStatus="failed").status_code == 403
    assert seen(served) == ("sent", "", "")


def test_without_a_signature_it_is_refused(served: DoorClient) -> None:
    """As above."""
    office_of(served).send(RecordingProvider())
    response = served.post(f"/sms/twilio/status?reply={_TOLD.id}", data={"MessageStatus": "failed"})
    assert (response.status_code, seen(served)) == (403, ("sent", "", ""))


def test_the_reply_is_signed_too(served: DoorClient) -> None:
    """A true status of one reply can't be told of another."""
    office_of(served).send(RecordingProvider())
    said = {"MessageSid": _SID, "MessageStatus": "failed"}
    signed = RequestValidator(_TOKEN).compute_signature(f"{_PUBLIC}/sms/twilio/status?reply={uuid4()}", said)
    response = served.post(f"/sms/twilio/status?reply={_TOLD.id}", data=said, headers={"X-Twilio-Signature": signed})
    assert (response.status_code, seen(served)) == (403, ("sent", "", ""))


@pytest.mark.parametrize("reply_id", [UUID(int=7), "none", ""])
def test_a_status_of_nothing_we_know(served: DoorClient, reply_id: object) -> None:
    """It is Twilio's, so it is answered; there is nothing to record."""
    assert tell(served, reply_id, MessageStatus="delivered").status_code == 204


@pytest.mark.parametrize("status", ["received", "", "DELIVERED", "x" * 500])
def test_a_status_we_do_not_know_changes_nothing(served: DoorClient, status: str) -> None:
    """Twilio adds new ones without notice."""
    office_of(served).send(RecordingProvider())
    assert tell(served, _TOLD.id, MessageStatus=status).status_code == 204
    assert seen(served) == ("sent", "", "")


def test_a_shared_key_signs_statuses_too(serve: Serve) -> None:
    """By SHA-256, and in no other way."""
    served = serve(public_url=_PUBLIC, twilio_shared_keys="a-key")
    office_of(served).send(RecordingProvider())
    path, said = f"/sms/twilio/status?reply={_TOLD.id}", {"MessageSid": _SID, "MessageStatus": "delivered"}

    def answer(algorithm: str) -> int:
        signature = RequestValidator("a-key").compute_signature(_PUBLIC + path, said, algorithm)
        return served.post(path, data=said, headers={"X-Twilio-Signature": signature}).status_code

    assert (answer(HMAC_SHA1), seen(served)[1]) == (403, "")
    assert (answer(HMAC_SHA256), seen(served)[1]) == (204, "delivered")


def test_more_than_twilio_sends_is_not_read(served: DoorClient) -> None:
    """413, before it is in memory."""
    assert tell(served, _TOLD.id, Noise="x" * 20_000).status_code == 413
