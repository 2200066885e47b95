"""A message that is delivered before message ids were keyed, and again afterwards, is one complaint."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Record
from ingest.twitter.adapter import ReceivedPost, TwitterAdapter
from ingest.wrap import accepted_record
from messages.shapes import RawMessage
from tests.conftest import NOW
from tests.support.arrival_ids import under_former_id
from tests.support.records import FORM, JSON, at
from tests.support.stages import make_normalizer


@dataclass
class Deliveries:
    """One message as two records: published under its former id, and under its keyed id."""

    former: Record
    keyed: Record


def delivered_twice(parts: Parts, raw: RawMessage) -> Deliveries:
    """Return the two deliveries of a message."""
    return Deliveries(at(accepted_record(under_former_id(raw, parts.sealer)), 1), at(accepted_record(raw), 2))


def sms(parts: Parts, when: datetime = NOW) -> RawMessage:
    """Return an SMS."""
    body = b"MessageSid=SM1&From=%2B628000000021&Body=Lampu+jalan+padam"
    return parts.wrapper.wrap("sms", "SM1", "tel:+628000000021", body, when, FORM)


def post(parts: Parts) -> RawMessage:
    """Return a post on X."""
    content = {"id": "11", "author_id": "9000000001", "text": "@Lapor1708 lampu jalan padam", "conversation_id": "11"}
    return TwitterAdapter(parts.wrapper, "1708").accept(ReceivedPost(content), NOW)


def web_report(parts: Parts) -> RawMessage:
    """Return a report of the web form, whose sender is not proven."""
    body = json.dumps({"text": "Lampu jalan padam"}).encode()
    return parts.wrapper.wrap("web", "key:1", "", body, NOW, JSON)


MESSAGES = {"sms": sms, "twitter": post, "web": web_report}


@pytest.fixture(params=MESSAGES)
def deliveries(request: pytest.FixtureRequest, parts: Parts) -> Deliveries:
    """Return the two deliveries of a message of each kind."""
    return delivered_twice(parts, MESSAGES[request.param](parts))


@pytest.mark.parametrize("order", [("former", "keyed"), ("keyed", "former")])
def test_two_deliveries_are_one_complaint(
    parts: Parts, engine: Engine, deliveries: Deliveries, order: tuple[str, str]
) -> None:
    """The second delivery gives no output, whichever process published first, and a replay gives the same."""
    stage = make_normalizer(engine, parts.sealer)
    first, second = (getattr(deliveries, name) for name in order)
    outputs = stage.handle([first])

    assert outputs != []
    assert stage.handle([second]) == []
    assert [stage.handle([record]) for record in (first, second, first)] == [outputs, [], outputs]


def test_two_deliveries_in_one_batch_are_one_complaint(parts: Parts, engine: Engine, deliveries: Deliveries) -> None:
    """In one batch the first delivery gives all outputs."""
    outputs = make_normalizer(engine, parts.sealer).handle([deliveries.former, deliveries.keyed])
    assert outputs == make_normalizer(engine, parts.sealer).handle([deliveries.former]) != []


def test_the_two_deliveries_have_one_number_and_one_key(parts: Parts) -> None:
    """The citizen gets the same tracking number for each, and both go to one partition, in their order."""
    raw = web_report(parts)
    former = under_former_id(raw, parts.sealer)
    assert raw.id != former.id
    assert (raw.tracking, accepted_record(raw).key) == (former.tracking, accepted_record(former).key)


def test_former_ids_are_not_looked_up_after_their_last_day(parts: Parts, engine: Engine) -> None:
    """A message that arrives after the last day is looked up by its own id alone. A replay of an earlier one is not."""
    last_day = date(2026, 11, 24)
    stage = make_normalizer(engine, parts.sealer, former_ids_until=last_day)
    in_time = delivered_twice(parts, sms(parts, NOW))
    too_late = delivered_twice(parts, sms(parts, NOW + timedelta(days=1)))
    assert stage.handle([in_time.former])
    assert stage.handle([in_time.keyed]) == []
    assert stage.handle([too_late.keyed])
