"""Twilio's delivery reports on our SMS: accepted only with a signature, stored, and never moved back."""

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
_REPLY = reply(complaint())
_SID = "SM" + "7" * 32
_TOKEN = "twilio-test"


@pytest.fixture
def served(serve: Serve) -> DoorClient:
    """The doors, behind a public address with a path."""
    return serve(public_url=_PUBLIC)


def reply_harness(served: DoorClient) -> ReplyHarness:
    """Return the reply sender of these doors, with one reply to send."""
    harness = ReplyHarness(served.parts.engine, Clock())
    harness.take(complaint(), _REPLY)
    return harness


def send_status(served: DoorClient, reply_id: object, token: str = _TOKEN, **fields: str) -> requests.Response:
    """Send a signed status as Twilio does."""
    path = f"/sms/twilio/status?reply={reply_id}"
    form = {"MessageSid": _SID, "SmsStatus": "", "AccountSid": "AC0", **fields}
    signature = RequestValidator(token).compute_signature(_PUBLIC + path, form)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return served.post(path, data=urlencode(form), headers=headers)


def outbox_state(served: DoorClient, reply: Reply = _REPLY) -> tuple[str, str, str]:
    """Return the state of a reply, Twilio's last status, and the error."""
    query = select(OutboxRow.state, OutboxRow.status, OutboxRow.error).where(OutboxRow.id == reply.id)  # type: ignore[call-overload]
    with read_transaction(served.parts.engine) as connection:
        state, status, error = connection.execute(query).one()
    return state, status, error


def test_a_status_is_recorded(served: DoorClient) -> None:
    """A sent reply becomes delivered."""
    reply_harness(served).send(RecordingProvider())
    assert send_status(served, _REPLY.id, MessageStatus="delivered").status_code == 204
    assert outbox_state(served) == ("sent", "delivered", "")


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])))
def test_in_any_order_and_twice(served: DoorClient, order: tuple[str, ...]) -> None:
    """Statuses arrive in any order; the furthest one stays."""
    reply_harness(served).send(RecordingProvider())
    for status in (*order, *order):
        assert send_status(served, _REPLY.id, MessageStatus=status).status_code == 204
    assert outbox_state(served) == ("sent", "delivered", "")


def test_undelivered_stays_failed(served: DoorClient) -> None:
    """The error code stays with the reply; later statuses do not change it."""
    reply_harness(served).send(RecordingProvider())
    send_status(served, _REPLY.id, MessageStatus="undelivered", ErrorCode="30005")
    send_status(served, _REPLY.id, MessageStatus="sent")
    assert outbox_state(served) == ("failed", "undelivered", "30005")


def test_status_settles_an_unknown_outcome(served: DoorClient) -> None:
    """A status for an unknown outcome proves that the reply was sent, under Twilio's id."""
    harness = reply_harness(served)
    harness.sender(RecordingProvider()).step()
    unknown = reply(complaint(), "answered")
    harness.take(unknown)
    harness.send(RecordingProvider(TimeoutError()))
    assert outbox_state(served, unknown)[0] == "unknown"
    send_status(served, unknown.id, MessageStatus="sent")
    assert outbox_state(served, unknown) == ("sent", "sent", "")
    assert harness.row(unknown).provider_id == _SID


def test_status_before_the_response(served: DoorClient) -> None:
    """A status that arrives before Twilio's own response is matched by the reply's id."""

    class Fast(RecordingProvider):
        def deliver(self, letter: object) -> str:
            send_status(served, _REPLY.id, MessageStatus="delivered")
            return super().deliver(letter)  # type: ignore[arg-type]

    reply_harness(served).send(Fast())
    assert outbox_state(served) == ("sent", "delivered", "")


def test_later_opt_out_counts(served: DoorClient) -> None:
    """A messaging service accepts the message first and reports 21610 afterwards."""
    harness = reply_harness(served)
    harness.send(RecordingProvider())
    send_status(served, _REPLY.id, MessageStatus="failed", ErrorCode="21610")
    assert outbox_state(served) == ("failed", "failed", "21610")
    with read_transaction(served.parts.engine) as connection:
        assert connection.execute(select(UnreachableRow.reason)).scalar_one() == "opted_out"  # type: ignore[call-overload]
    again = complaint("again")
    harness.take(again, reply(again))
    harness.send(RecordingProvider())
    assert outbox_state(served, reply(again)) == ("withheld", "", "opted_out")


@pytest.mark.parametrize("token", ["another", ""])
def test_a_forged_status_is_refused(served: DoorClient, token: str) -> None:
    """A status with another token's signature changes nothing."""
    reply_harness(served).send(RecordingProvider())
    assert send_status(served, _REPLY.id, token, MessageStatus="failed").status_code == 403
    assert outbox_state(served) == ("sent", "", "")


def test_without_a_signature_it_is_refused(served: DoorClient) -> None:
    """A status without a signature is refused."""
    reply_harness(served).send(RecordingProvider())
    response = served.post(f"/sms/twilio/status?reply={_REPLY.id}", data={"MessageStatus": "failed"})
    assert (response.status_code, outbox_state(served)) == (403, ("sent", "", ""))


def test_the_reply_is_signed_too(served: DoorClient) -> None:
    """The signed status of one reply is not valid for another reply."""
    reply_harness(served).send(RecordingProvider())
    form = {"MessageSid": _SID, "MessageStatus": "failed"}
    signed = RequestValidator(_TOKEN).compute_signature(f"{_PUBLIC}/sms/twilio/status?reply={uuid4()}", form)
    response = served.post(f"/sms/twilio/status?reply={_REPLY.id}", data=form, headers={"X-Twilio-Signature": signed})
    assert (response.status_code, outbox_state(served)) == (403, ("sent", "", ""))


@pytest.mark.parametrize("reply_id", [UUID(int=7), "none", ""])
def test_status_of_an_unknown_reply(served: DoorClient, reply_id: object) -> None:
    """A signed status of an unknown reply is answered and changes nothing."""
    assert send_status(served, reply_id, MessageStatus="delivered").status_code == 204


@pytest.mark.parametrize("status", ["received", "", "DELIVERED", "x" * 500])
def test_unknown_status_changes_nothing(served: DoorClient, status: str) -> None:
    """Unknown statuses, which Twilio adds without notice, change nothing."""
    reply_harness(served).send(RecordingProvider())
    assert send_status(served, _REPLY.id, MessageStatus=status).status_code == 204
    assert outbox_state(served) == ("sent", "", "")


def test_a_shared_key_signs_statuses_too(serve: Serve) -> None:
    """A SharedKey signs with SHA-256 only."""
    served = serve(public_url=_PUBLIC, twilio_shared_keys="a-key")
    reply_harness(served).send(RecordingProvider())
    path, form = f"/sms/twilio/status?reply={_REPLY.id}", {"MessageSid": _SID, "MessageStatus": "delivered"}

    def answer(algorithm: str) -> int:
        signature = RequestValidator("a-key").compute_signature(_PUBLIC + path, form, algorithm)
        return served.post(path, data=form, headers={"X-Twilio-Signature": signature}).status_code

    assert (answer(HMAC_SHA1), outbox_state(served)[1]) == (403, "")
    assert (answer(HMAC_SHA256), outbox_state(served)[1]) == (204, "delivered")


def test_large_body_is_refused(served: DoorClient) -> None:
    """A large body gets 413 before it is in memory."""
    assert send_status(served, _REPLY.id, Noise="x" * 20_000).status_code == 413


def test_more_fields_than_twilio_sends_are_refused(served: DoorClient) -> None:
    """Their signature is not checked: for thousands of fields that would take seconds."""
    reply_harness(served).send(RecordingProvider())
    fields = {f"Further{number}": "x" for number in range(200)}
    assert send_status(served, _REPLY.id, MessageStatus="delivered", **fields).status_code == 403
    assert outbox_state(served)[1] != "delivered"
