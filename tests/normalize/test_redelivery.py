"""A message that is delivered twice is one complaint."""

import json
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Record
from ingest.twitter.adapter import ReceivedPost, TwitterAdapter
from ingest.wrap import accepted_record
from messages.shapes import RawMessage
from tests.conftest import NOW
from tests.support.records import FORM, JSON, at
from tests.support.stages import make_normalizer


@dataclass
class Deliveries:
    """One message as two records."""

    first: Record
    second: Record


def delivered_twice(raw: RawMessage) -> Deliveries:
    """Return the two deliveries of a message."""
    return Deliveries(at(accepted_record(raw), 1), at(accepted_record(raw), 2))


def sms(parts: Parts) -> RawMessage:
    """Return an SMS."""
    body = b"MessageSid=SM1&From=%2B628000000021&Body=Lampu+jalan+padam"
    return parts.wrapper.wrap("sms", "SM1", "tel:+628000000021", body, NOW, FORM)


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
    return delivered_twice(MESSAGES[request.param](parts))


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_two_deliveries_are_one_complaint(
    parts: Parts, engine: Engine, deliveries: Deliveries, order: tuple[str, str]
) -> None:
    """The second delivery gives no output, whichever is read first, and a replay gives the same."""
    stage = make_normalizer(engine, parts.sealer)
    first, second = (getattr(deliveries, name) for name in order)
    outputs = stage.handle([first])

    assert outputs != []
    assert stage.handle([second]) == []
    assert [stage.handle([record]) for record in (first, second, first)] == [outputs, [], outputs]


def test_two_deliveries_in_one_batch_are_one_complaint(parts: Parts, engine: Engine, deliveries: Deliveries) -> None:
    """In one batch the first delivery gives all outputs."""
    outputs = make_normalizer(engine, parts.sealer).handle([deliveries.first, deliveries.second])
    assert outputs == make_normalizer(engine, parts.sealer).handle([deliveries.first]) != []
