"""Follow-ups of a device to its own reports."""

from uuid import uuid4

import pytest

from messages.payloads.follow_up import CONTENT_TYPE, FollowUpSubmission
from messages.sender_link import read_sender_token
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.mobile.phones import Phone, item
from tests.ingest.people import Fields


@pytest.fixture
def phone(served: DoorClient) -> Phone:
    """A phone with a token."""
    phone = Phone(served)
    phone.register()
    return phone


def follow_up(about: str, act: str = "objects", **more: object) -> Fields:
    """Return a follow-up as the app sends it."""
    return {"client_id": str(uuid4()), "about": about, "act": act} | more


def test_a_device_follows_up_its_report(served: DoorClient, phone: Phone) -> None:
    """It names the report by client id or number. The link of the report leads to the same message."""
    report = item(1)
    (accepted,) = phone.results(report)
    for about in (report["client_id"], accepted["tracking"].lower()):
        assert phone.call("POST", "/follow-ups", json=follow_up(about, text="Belum selesai.")).status_code == 202
    consent = follow_up(report["client_id"], "agrees-to-ombudsman")
    assert phone.call("POST", "/follow-ups", json=consent).status_code == 202
    first, *raws = served.raw_messages("mobile")
    submissions = [FollowUpSubmission.model_validate_json(served.open_body(raw)) for raw in raws]
    assert {(raw.content_type, raw.verified_by) for raw in raws} == {(CONTENT_TYPE, "device-token")}
    assert {submission.message_id for submission in submissions} == {first.id}
    assert [submission.act for submission in submissions] == ["objects", "objects", "agrees-to-ombudsman"]
    token = accepted["link"].rpartition("/l/")[2]
    assert read_sender_token(token, served.parts.secrets.link_key) == first.id


def test_a_follow_up_sent_again_is_one_message(served: DoorClient, phone: Phone) -> None:
    """The app sends again what it got no answer for."""
    report = item(1)
    phone.results(report)
    again = follow_up(report["client_id"], "rates", rating=5)
    in_other_order = dict(reversed(again.items()))
    answers = [phone.call("POST", "/follow-ups", json=fields).json() for fields in (again, again, in_other_order)]
    assert answers == [answers[0]] * 3
    assert len({raw.id for raw in served.raw_messages("mobile")}) == 2

    other_content = phone.call("POST", "/follow-ups", json=again | {"rating": 1})
    assert set(assert_refused(other_content, 422, "idempotency_key_reused")) == {"client_id"}
    assert len({raw.id for raw in served.raw_messages("mobile")}) == 2


def test_no_record_has_the_device_id(served: DoorClient, phone: Phone) -> None:
    """The device's id is as secret as a password: who has it gets a token, and with it the links of all reports."""
    report = item(1)
    phone.results(report, item(2, about=report["client_id"]))
    assert phone.call("POST", "/follow-ups", json=follow_up(report["client_id"])).status_code == 202
    records = [raw.model_dump_json() for raw in served.raw_messages("mobile")]
    assert (len(records), str(phone.device_id) in "".join(records)) == (3, False)


def test_the_report_of_another_device_is_unknown(served: DoorClient, phone: Phone) -> None:
    """Nobody follows up the report of somebody else, even with its number."""
    (accepted,) = phone.results(item(1))
    other = Phone(served)
    other.register()
    answer = other.call("POST", "/follow-ups", json=follow_up(accepted["tracking"], "withdraws"))
    assert set(assert_refused(answer, 409, "about_unknown")) == {"about"}


@pytest.mark.parametrize(("fields", "field"), [({"act": "rates"}, "rating"), ({"act": "adds", "text": " "}, "text")])
def test_an_empty_act_is_refused(phone: Phone, fields: Fields, field: str) -> None:
    """The answer names the field."""
    report = item(1)
    phone.results(report)
    answer = phone.call("POST", "/follow-ups", json=follow_up(report["client_id"], **fields))
    assert set(assert_refused(answer, 400, "invalid_submission")) == {field}
