"""Edits, threads and answers on X belong to one complaint; two matters remain two complaints."""

from collections.abc import Iterable
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Record
from ingest.twitter.adapter import ReceivedPost, TwitterAdapter
from ingest.wrap import accepted_record
from messages import codec, ids
from messages.shapes import Complaint, Relation
from messages.topics import COMPLAINTS
from tests.conftest import NOW
from tests.support.arrival_ids import arrival_id
from tests.support.records import at
from tests.support.stages import make_normalizer

ACCOUNT = "1708"
SITI = "9000000001"
BUDI = "9000000002"


class Normalizer:
    """The stage on one database; posts get the next offsets."""

    def __init__(self, parts: Parts, engine: Engine) -> None:
        self._adapter = TwitterAdapter(parts.wrapper, ACCOUNT)
        self._stage = make_normalizer(engine, parts.sealer)
        self._offset = 0

    def process(self, *posts: dict[str, Any]) -> dict[UUID, Relation]:
        """Process a batch of posts; return the relation of each complaint."""
        return relations(self._stage.handle(self.records(posts)))

    def records(self, posts: Iterable[dict[str, Any]]) -> list[Record]:
        """Return the posts as records of the bus, in their order."""
        posted = []
        for post in posts:
            posted.append(at(accepted_record(self._adapter.accept(ReceivedPost(post), NOW)), self._offset))
            self._offset += 1
        return posted


def relations(outputs: Iterable[Any]) -> dict[UUID, Relation]:
    """Return the relation of each complaint among the outputs."""
    complaints = [codec.decode(Complaint, out.value, out.headers) for out in outputs if out.topic == COMPLAINTS]
    return {complaint.id: complaint.relation for complaint in complaints}


def post(number: int, text: str = "", author: str = SITI, **more: Any) -> dict[str, Any]:
    """Return a post that is no reply; no two have the same text."""
    words = text or f"@Lapor1708 perkara {number} di kampung kami"
    return {"id": str(number), "author_id": author, "text": words, "conversation_id": str(number)} | more


def reply(number: int, to: int, conversation: int, to_author: str = SITI, author: str = SITI) -> dict[str, Any]:
    """Return a reply to a post in a conversation."""
    referenced = [{"type": "replied_to", "id": str(to)}]
    fields: dict[str, Any] = {
        "conversation_id": str(conversation),
        "in_reply_to_user_id": to_author,
        "referenced_tweets": referenced,
    }
    return post(number, author=author, **fields)


def edit(number: int, *earlier: int, **more: Any) -> dict[str, Any]:
    """Return a later version; X uses the id of the version as the id of the conversation."""
    return post(number, edit_history_tweet_ids=[str(version) for version in (*earlier, number)], **more)


def complaint(provider_id: int | str) -> UUID:
    """Return the id of the complaint that a post became."""
    return ids.complaint_id(arrival_id("twitter", str(provider_id)))


def repeats(first: int | str, evidence: str) -> Relation:
    """Return the relation of a repeat of the complaint of that post."""
    return Relation(kind="repeat", of=complaint(first), evidence=("same-sender", evidence))


NEW = Relation()


@pytest.fixture
def normalizer(parts: Parts, engine: Engine) -> Normalizer:
    """Return a normalizer on each kind of database."""
    return Normalizer(parts, engine)


def test_edit_belongs_to_its_first_version(normalizer: Normalizer) -> None:
    """An edited post is a complaint with its own number, and repeats the complaint of the first version."""
    normalizer.process(post(11))

    assert normalizer.process(edit(12, 11)) == {complaint("11:12"): repeats(11, "edited")}
    assert normalizer.process(edit(13, 11, 12)) == {complaint("11:13"): repeats(11, "edited")}


def test_edit_without_its_first_version(normalizer: Normalizer) -> None:
    """A post that is first read after an edit is new; a first version that arrives later repeats it."""
    assert normalizer.process(edit(12, 11)) == {complaint("11:12"): NEW}
    assert normalizer.process(post(11)) == {complaint(11): repeats("11:12", "same-thread")}


def test_edit_of_an_empty_post_is_a_complaint(normalizer: Normalizer) -> None:
    """A first version without words is no complaint; its edit with words is new."""
    assert normalizer.process(post(11, "@Lapor1708 #lapor")) == {}
    assert normalizer.process(edit(12, 11)) == {complaint("11:12"): NEW}


def test_thread_is_one_complaint(normalizer: Normalizer) -> None:
    """Each part of a thread repeats the complaint of the first part."""
    thread = [post(11), reply(12, 11, 11), reply(13, 12, 11), reply(14, 13, 11)]

    relations_by_id = normalizer.process(*thread)

    repeat = repeats(11, "same-thread")
    assert relations_by_id == {complaint(11): NEW} | dict.fromkeys(map(complaint, (12, 13, 14)), repeat)


def test_thread_over_days(normalizer: Normalizer) -> None:
    """The parts of a thread may arrive in different batches."""
    normalizer.process(post(11))
    normalizer.process(reply(12, 11, 11))

    assert normalizer.process(reply(13, 12, 11)) == {complaint(13): repeats(11, "same-thread")}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_batch_is_processed_in_the_order_of_the_bus(normalizer: Normalizer, order: tuple[int, ...]) -> None:
    """The first post on the bus is the complaint; the stream may deliver the parts in any order."""
    thread = [post(11), reply(12, 11, 11), edit(13, 11)]
    names = [complaint(11), complaint(12), complaint("11:13")]

    relations_by_id = normalizer.process(*(thread[number] for number in order))

    first = names[order[0]]
    assert relations_by_id[first] == NEW
    assert {relation.of for name, relation in relations_by_id.items() if name != first} == {first}


def test_thread_below_an_edited_post(normalizer: Normalizer) -> None:
    """A reply in the conversation with the edit's id repeats the complaint of the first version."""
    normalizer.process(post(11), edit(12, 11))

    assert normalizer.process(reply(13, 12, 12)) == {complaint(13): repeats(11, "same-thread")}


def test_edited_part_of_a_thread(normalizer: Normalizer) -> None:
    """An edit of a later part repeats the complaint of the thread."""
    normalizer.process(post(11), reply(12, 11, 11))
    edited = reply(13, 11, 11) | {"edit_history_tweet_ids": ["12", "13"]}

    assert normalizer.process(edited) == {complaint("12:13"): repeats(11, "edited")}


def test_answer_to_our_answer(normalizer: Normalizer) -> None:
    """A citizen's answer to our question repeats the complaint."""
    normalizer.process(post(11))

    assert normalizer.process(reply(13, 12, 11, ACCOUNT)) == {complaint(13): repeats(11, "same-thread")}
    assert normalizer.process(reply(15, 13, 11)) == {complaint(15): repeats(11, "same-thread")}


def test_thread_below_another_persons_post(normalizer: Normalizer) -> None:
    """The parts of a thread below another person's post are one complaint, and answers to us belong to it."""
    normalizer.process(reply(21, 3, 3, BUDI))

    assert normalizer.process(reply(22, 21, 3)) == {complaint(22): repeats(21, "same-thread")}
    assert normalizer.process(reply(24, 23, 3, ACCOUNT)) == {complaint(24): repeats(21, "same-thread")}


def test_two_matters_below_one_post(normalizer: Normalizer) -> None:
    """Two posts of one citizen below one post are two complaints."""
    assert normalizer.process(reply(21, 3, 3, BUDI), reply(22, 3, 3, BUDI)) == {complaint(21): NEW, complaint(22): NEW}
    assert normalizer.process(reply(31, 4, 4, ACCOUNT), reply(32, 4, 4, ACCOUNT)) == {
        complaint(31): NEW,
        complaint(32): NEW,
    }


def test_each_complaint_has_its_own_thread(normalizer: Normalizer) -> None:
    """The later parts of two complaints below one post belong to their own complaint."""
    normalizer.process(reply(21, 3, 3, BUDI), reply(22, 3, 3, BUDI))

    relations_by_id = normalizer.process(reply(23, 21, 3), reply(24, 22, 3))

    assert relations_by_id == {
        complaint(23): repeats(21, "same-thread"),
        complaint(24): repeats(22, "same-thread"),
    }


def test_another_citizen_in_the_thread(normalizer: Normalizer) -> None:
    """A post of another citizen in a thread is a complaint of its own, also as an answer to us."""
    normalizer.process(post(11), reply(12, 11, 11))

    assert normalizer.process(reply(13, 11, 11, SITI, BUDI)) == {complaint(13): NEW}
    assert normalizer.process(reply(15, 14, 11, ACCOUNT, "9000000003")) == {complaint(15): NEW}


def test_thread_of_a_repeat(normalizer: Normalizer) -> None:
    """A reply to a repeat belongs to the first complaint."""
    normalizer.process(post(11, "@Lapor1708 lampu mati"))
    normalizer.process(post(21, "@Lapor1708 lampu mati!"))

    assert normalizer.process(reply(22, 21, 21)) == {complaint(22): repeats(11, "same-thread")}


def test_records_processed_again_give_the_same_bytes(normalizer: Normalizer, parts: Parts, engine: Engine) -> None:
    """The same records give the same bytes in another process; posts delivered again give no output."""
    posts = [post(11), reply(12, 11, 11), edit(13, 11)]
    records = normalizer.records(posts)
    first = make_normalizer(engine, parts.sealer).handle(records)

    assert list(make_normalizer(engine, parts.sealer).handle(records)) == list(first)
    assert normalizer.process(*posts) == {}
