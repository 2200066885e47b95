"""Nothing that an agency receives leads to the public post of an anonymous author."""

import hashlib
from collections.abc import Iterator
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Outgoing
from ingest.twitter.adapter import ReceivedPost, TwitterAdapter
from ingest.wrap import accepted_record
from messages.topics import COMPLAINTS
from tests.conftest import NOW
from tests.support.records import at
from tests.support.rules import SMALL, fixed_rules_source
from tests.support.stages import make_normalizer, make_router

POST = "1900000000000001708"
_NAMESPACE = UUID("6f1b7d0e-1708-5a70-9b1e-5a7000001708")
POSTS = {
    "with words": {"text": "@Lapor1708 #anonim lampu jalan padam di Kota Semarang"},
    "a picture alone": {"text": "@Lapor1708 #anonim", "attachments": {"media_keys": ["3_1"]}},
}


def computable(post_id: str) -> Iterator[str]:
    """Yield all that anybody can compute from the id of a public post, as it may stand in a record."""
    yield post_id
    yield hashlib.sha256(post_id.encode()).hexdigest()[:6]
    message = uuid5(_NAMESPACE, f"message:twitter:{post_id}")
    complaint = uuid5(_NAMESPACE, f"complaint:{message}")
    dispatch = uuid5(_NAMESPACE, f"dispatch:{complaint}:0")
    for id_ in (message, complaint, dispatch):
        yield str(id_)
        yield id_.hex


def dispatch_of(parts: Parts, engine: Engine, content: dict[str, object]) -> Outgoing:
    """Return the record in the agency's queue for a post."""
    post = ReceivedPost({"id": POST, "author_id": "9000000001", "conversation_id": POST, **content})
    raw = TwitterAdapter(parts.wrapper, "1708").accept(post, NOW)
    outputs = make_normalizer(engine, parts.sealer).handle([at(accepted_record(raw))])
    (complaint,) = (output for output in outputs if output.topic == COMPLAINTS)
    router = make_router(engine, fixed_rules_source(SMALL), lambda: NOW)
    (dispatch,) = (output for output in router.handle([at(complaint)]) if output.topic.startswith("agency-"))
    return dispatch


@pytest.mark.parametrize("content", POSTS.values(), ids=POSTS)
def test_no_part_of_a_dispatch_can_be_computed_from_the_post(
    parts: Parts, engine: Engine, content: dict[str, object]
) -> None:
    """An agency that tries the ids of all public posts finds none of them in key, value or headers."""
    dispatch = dispatch_of(parts, engine, content)
    received = b"\n".join((dispatch.key, dispatch.value, *(value for _, value in dispatch.headers))).decode()
    assert [text for text in computable(POST) if text in received] == []
