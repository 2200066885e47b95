"""Edits, threads and answers on X become one complaint with its continuation; two matters stay two."""

from collections.abc import Iterable
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Record
from ingest.twitter.adapter import Found, TwitterAdapter
from ingest.wrap import accepted_record
from messages import codec, ids
from messages.shapes import Complaint, Relation
from messages.topics import COMPLAINTS
from tests.conftest import NOW
from tests.support.records import at
from tests.support.stages import make_normalizer

ACCOUNT = "1708"
SITI = "9000000001"
BUDI = "9000000002"


class Normalizer:
    """The stage, and the posts that were handed to it."""

    def __init__(self, parts: Parts, engine: Engine) -> None:
        self._adapter = TwitterAdapter(parts.wrapper, ACCOUNT)
        self._stage = make_normalizer(engine, parts.sealer)
        self._offset = 0

    def work(self, *posts: dict[str, Any]) -> dict[UUID, Relation]:
        """The relation of each complaint that a batch of posts became."""
        return relations(self._stage.handle(self.records(posts)))

    def records(self, posts: Iterable[dict[str, Any]]) -> list[Record]:
        """The posts as they stand on the bus, one behind the other."""
        found = []
        for post in posts:
            found.append(at(accepted_record(self._adapter.accept(Found(post), NOW)), self._offset))
            self._offset += 1
        return found


def relations(outputs: Iterable[Any]) -> dict[UUID, Relation]:
    """The relation of each complaint among the outputs."""
    complaints = [codec.decode(Complaint, out.value, out.headers) for out in outputs if out.topic == COMPLAINTS]
    return {complaint.id: complaint.relation for complaint in complaints}


def post(number: int, text: str = "", author: str = SITI, **more: Any) -> dict[str, Any]:
    """A post of its own; no two have the same words."""
    words = text or f"@Lapor1708 perkara {number} di kampung kami"
    return {"id": str(number), "author_id": author, "text": words, "conversation_id": str(number)} | more


def reply(number: int, to: int, conversation: int, to_author: str = SITI, author: str = SITI) -> dict[str, Any]:
    """A reply to a post in a conversation."""
    referenced = [{"type": "replied_to", "id": str(to)}]
    known: dict[str, Any] = {
        "conversation_id": str(conversation),
        "in_reply_to_user_id": to_author,
        "referenced_tweets": referenced,
    }
    return post(number, author=author, **known)


def edit(number: int, *earlier: int, **more: Any) -> dict[str, Any]:
    """A later version; X makes its own id the conversation's."""
    return post(number, edit_history_tweet_ids=[str(one) for one in (*earlier, number)], **more)


def complaint(provider_id: int | str) -> UUID:
    """The complaint that a post became."""
    return ids.complaint_id(ids.message_id("twitter", str(provider_id)))


def repeats(first: int | str, evidence: str) -> Relation:
    """Belongs to the complaint of that post."""
    return Relation(kind="repeat", of=complaint(first), evidence=("same-sender", evidence))


NEW = Relation()


@pytest.fixture
def normalizer(parts: Parts, engine: Engine) -> Normalizer:
    """A normalizer on each kind of database."""
    return Normalizer(parts, engine)


def test_edit_belongs_to_its_first_version(normalizer: Normalizer) -> None:
    """The edited words are there under a number of their own, and belong to the complaint of the first version."""
    normalizer.work(post(11))

    assert normalizer.work(edit(12, 11)) == {complaint("11:12"): repeats(11, "edited")}
    assert normalizer.work(edit(13, 11, 12)) == {complaint("11:13"): repeats(11, "edited")}


def test_edit_without_its_first_version(normalizer: Normalizer) -> None:
    """Read only after it was edited, a post is a complaint like any other; a first version that comes later is its."""
    assert normalizer.work(edit(12, 11)) == {complaint("11:12"): NEW}
    assert normalizer.work(post(11)) == {complaint(11): repeats("11:12", "same-thread")}


def test_edit_makes_a_complaint_of_none(normalizer: Normalizer) -> None:
    """A first version that said nothing was none; the edit that says something is one."""
    assert normalizer.work(post(11, "@Lapor1708 #lapor")) == {}
    assert normalizer.work(edit(12, 11)) == {complaint("11:12"): NEW}


def test_thread_is_one_complaint(normalizer: Normalizer) -> None:
    """Each part of a thread, however long, belongs to the complaint of the first."""
    thread = [post(11), reply(12, 11, 11), reply(13, 12, 11), reply(14, 13, 11)]

    found = normalizer.work(*thread)

    assert found == {complaint(11): NEW} | {complaint(part): repeats(11, "same-thread") for part in (12, 13, 14)}


def test_thread_over_days(normalizer: Normalizer) -> None:
    """Also where each part comes with another look."""
    normalizer.work(post(11))
    normalizer.work(reply(12, 11, 11))

    assert normalizer.work(reply(13, 12, 11)) == {complaint(13): repeats(11, "same-thread")}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_one_batch_is_worked_in_the_order_of_the_bus(normalizer: Normalizer, order: tuple[int, ...]) -> None:
    """The first on the bus is the complaint, whatever its words; the stream may have brought a part before another."""
    thread = [post(11), reply(12, 11, 11), edit(13, 11)]
    names = [complaint(11), complaint(12), complaint("11:13")]

    found = normalizer.work(*(thread[number] for number in order))

    first = names[order[0]]
    assert found[first] == NEW
    assert {relation.of for name, relation in found.items() if name != first} == {first}


def test_thread_below_an_edited_post(normalizer: Normalizer) -> None:
    """X gives the conversation below an edited post the edit's id: its parts still belong to the first version."""
    normalizer.work(post(11), edit(12, 11))

    assert normalizer.work(reply(13, 12, 12)) == {complaint(13): repeats(11, "same-thread")}


def test_edited_part_of_a_thread(normalizer: Normalizer) -> None:
    """An edit of a later part belongs to the whole thread's complaint."""
    normalizer.work(post(11), reply(12, 11, 11))
    edited = reply(13, 11, 11) | {"edit_history_tweet_ids": ["12", "13"]}

    assert normalizer.work(edited) == {complaint("12:13"): repeats(11, "edited")}


def test_answer_to_our_answer(normalizer: Normalizer) -> None:
    """We asked below the complaint, the citizen answers: it belongs to the complaint."""
    normalizer.work(post(11))

    assert normalizer.work(reply(13, 12, 11, ACCOUNT)) == {complaint(13): repeats(11, "same-thread")}
    assert normalizer.work(reply(15, 13, 11)) == {complaint(15): repeats(11, "same-thread")}


def test_thread_below_somebody_elses(normalizer: Normalizer) -> None:
    """Citizens often complain below another's post: the parts of that are one complaint, and answers to us too."""
    normalizer.work(reply(21, 3, 3, BUDI))

    assert normalizer.work(reply(22, 21, 3)) == {complaint(22): repeats(21, "same-thread")}
    assert normalizer.work(reply(24, 23, 3, ACCOUNT)) == {complaint(24): repeats(21, "same-thread")}


def test_two_matters_below_one_post(normalizer: Normalizer) -> None:
    """Below somebody's post, or one of ours, one citizen names two matters: each finds its own door."""
    assert normalizer.work(reply(21, 3, 3, BUDI), reply(22, 3, 3, BUDI)) == {complaint(21): NEW, complaint(22): NEW}
    assert normalizer.work(reply(31, 4, 4, ACCOUNT), reply(32, 4, 4, ACCOUNT)) == {
        complaint(31): NEW,
        complaint(32): NEW,
    }


def test_each_matter_has_its_continuation(normalizer: Normalizer) -> None:
    """Two matters below one post, each continued: the parts do not mix."""
    normalizer.work(reply(21, 3, 3, BUDI), reply(22, 3, 3, BUDI))

    found = normalizer.work(reply(23, 21, 3), reply(24, 22, 3))

    assert found == {complaint(23): repeats(21, "same-thread"), complaint(24): repeats(22, "same-thread")}


def test_another_citizen_in_the_thread(normalizer: Normalizer) -> None:
    """Who joins somebody's thread has a complaint of their own, also when they answer us, or share the words."""
    normalizer.work(post(11), reply(12, 11, 11))

    assert normalizer.work(reply(13, 11, 11, SITI, BUDI)) == {complaint(13): NEW}
    assert normalizer.work(reply(15, 14, 11, ACCOUNT, "9000000003")) == {complaint(15): NEW}


def test_continuation_of_a_repeat(normalizer: Normalizer) -> None:
    """The same words posted again repeat the first complaint, and what continues the second belongs to it too."""
    normalizer.work(post(11, "@Lapor1708 lampu mati"))
    normalizer.work(post(21, "@Lapor1708 lampu mati!"))

    assert normalizer.work(reply(22, 21, 21)) == {complaint(22): repeats(11, "same-thread")}


def test_worked_again_is_the_same(normalizer: Normalizer, parts: Parts, engine: Engine) -> None:
    """The same records worked again by another process give the same bytes; posts delivered again give nothing."""
    posts = [post(11), reply(12, 11, 11), edit(13, 11)]
    records = normalizer.records(posts)
    first = make_normalizer(engine, parts.sealer).handle(records)

    assert list(make_normalizer(engine, parts.sealer).handle(records)) == list(first)
    assert normalizer.work(*posts) == {}
