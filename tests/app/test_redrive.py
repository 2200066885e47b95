"""Dead letters given again: the way that they came, at a steady pace, and worked once however often they go."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from app.assembly.parts import Parts
from app.operations.review.dead_letters import DeadLetterFilter, DeadLetters
from app.operations.review.redrive import NOT_REDRIVEN, Pace, Redrive
from bus.errors import Reject, Retry
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.local.bus import LocalBus
from bus.port import MAX_MESSAGE_BYTES, Bus, Membership, Outgoing, TopicSpec
from bus.watchdog import Watchdog
from bus.worker import Stage
from config.database import read_transaction
from config.settings import Settings
from messages import codec, ids
from messages.shapes import Complaint, Correction, Dispatch, RawMessage, Relation
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS, OVERSIGHT, Topic, dead_letter_topic
from sinks.ledger.tables import ComplaintRow, DispatchRow
from tests.app.test_dead_letters import PHONE, TEXT, complaint
from tests.bus.kafka.node import Node
from tests.conftest import NOW
from tests.ingest.door_client import FlakyProducer
from tests.messages.test_upcasts import STEPS, Planted, headers, value
from tests.support import records
from tests.support.dead_letters import Breaking, Post
from tests.support.rules import fixed_rules_source
from tests.support.service import REGISTRY
from tests.support.stages import make_ledger_sink, make_normalizer, make_router

NOBODY = UUID(int=0)
ROUTED = (COMPLAINTS, AGENCY_ANSWERS, CORRECTIONS)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a registry of a few agencies."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


@pytest.fixture
def post(parts: Parts, engine: Engine) -> Post:
    """A bus without a letter; the log on each kind of database."""
    return Post(parts.bus, parts.sealer, parts.topics, engine)


def arrival(parts: Parts, sid: str = "SM1") -> Outgoing:
    """An SMS."""
    return records.sms(parts, TEXT, PHONE, sid)


def test_the_way_it_came(post: Post, parts: Parts) -> None:
    """To its topic, with its key, bytes and headers, and with one more: the letter's id. Oversight hears of it."""
    post.publish(arrival(parts))
    post.aside(Reject("unreadable", "body"), "raw-sms")
    (letter,) = post.waiting()

    (step,) = post.redrive()

    first, again = post.read("raw-sms")
    assert (again.key, again.value) == (first.key, first.value)
    assert again.headers == (*first.headers, ("redriven", str(letter.id).encode()))
    assert (step.letters, step.reason) == ((letter,), "")
    (event,) = post.told()
    assert (event.event, event.subject, event.message_id) == ("redriven", letter.id, letter.message_id)
    assert (event.actor, event.reason, event.at) == ("petugas-1", "sudah diperbaiki", NOW)
    assert post.waiting() == []


def test_the_second_time_nothing_goes(post: Post, parts: Parts) -> None:
    """Redrive twice is redriving once; by its id as well."""
    post.publish(arrival(parts))
    post.aside(Reject("unreadable"), "raw-sms")
    ((letter,),) = (step.letters for step in post.redrive())
    assert (post.redrive(), post.redrive(DeadLetterFilter(ids=(str(letter.id),)))) == ([], [])
    assert (len(post.read("raw-sms")), len(post.told())) == (2, 1)


def test_only_what_is_chosen(post: Post, parts: Parts) -> None:
    """The others wait on."""
    for sid, reason in (("SM1", "unreadable"), ("SM2", "unsealable")):
        post.publish(arrival(parts, sid))
        post.aside(Reject(reason), "raw-sms")
    assert [step.letters[0].reason for step in post.redrive(DeadLetterFilter(reason="unsealable"))] == ["unsealable"]
    assert [letter.reason for letter in post.waiting()] == ["unreadable"]


def test_planned_and_not_done(post: Post, parts: Parts) -> None:
    """What would go where is known without anything being said, published or kept."""
    post.publish(arrival(parts), complaint())
    post.aside(Reject("unreadable"), "raw-sms")
    post.aside(Reject("not_the_shape"), COMPLAINTS, group="router", stage="router")
    planned = [
        step.out.topic for step in Redrive(post.letters, post.topics, post.log).plan(DeadLetterFilter()) if step.out
    ]
    assert planned == ["raw-sms", COMPLAINTS]
    assert (len(post.read("raw-sms", COMPLAINTS)), post.told(), post.log.verify().rows) == (2, [], 0)


def test_one_that_fails_again_is_another_letter(post: Post, parts: Parts) -> None:
    """It is put aside at its new place, waits, and can be given again: still with one header, the newer letter's."""
    post.publish(arrival(parts))
    post.aside(Reject("unreadable"), "raw-sms")
    post.redrive()
    post.aside(Reject("unreadable"), "raw-sms")
    (second,) = post.waiting()
    post.redrive()
    first, _, third = post.read("raw-sms")
    assert third.headers == (*first.headers, ("redriven", str(second.id).encode()))
    assert len(post.letters.chosen(DeadLetterFilter())) == 2


def test_the_letters_of_one_record_go_together(post: Post) -> None:
    """Whoever reads its topic reads it again: given again for one stage it is given to all, once."""
    post.publish(complaint())
    for group, stage in (("router", "router"), ("ledger", "sinks"), ("replies", "replies")):
        post.aside(Reject("not_the_shape"), COMPLAINTS, group=group, stage=stage)
    assert len(post.waiting()) == 3
    (step,) = post.redrive(DeadLetterFilter(stage="ledger"))
    assert sorted(letter.stage for letter in step.letters) == ["ledger", "replies", "router"]
    assert len(post.read(COMPLAINTS)) == 2
    assert {event.subject for event in post.told()} == {letter.id for letter in step.letters}
    assert post.waiting() == []


def test_what_was_dropped_does_not_go_along(post: Post) -> None:
    """Of the letters of one record only those that wait are told; the record goes."""
    post.publish(complaint())
    for group, stage in (("router", "router"), ("ledger", "sinks")):
        post.aside(Reject("not_the_shape"), COMPLAINTS, group=group, stage=stage)
    (dropped,) = post.drop(DeadLetterFilter(stage="router"))
    (step,) = post.redrive()
    assert [letter.stage for letter in step.letters] == ["ledger"]
    assert post.letters.decisions()[dropped.id] == "letter-dropped"


@pytest.mark.parametrize("away", [{1}, {2}, {3}, {4}])
def test_interrupted_and_done_again(post: Post, parts: Parts, away: set[int]) -> None:
    """Wherever it broke off, doing it again gives what is left, tells of each once, and loses nothing."""
    post.publish(arrival(parts, "SM1"), arrival(parts, "SM2"))
    post.aside(Reject("unreadable"), "raw-sms")
    letters = post.waiting()
    flaky = Breaking(parts.bus, FlakyProducer(parts.bus.producer(), away))
    broken = DeadLetters(flaky, parts.sealer, parts.topics, post.log)  # type: ignore[arg-type]  # all it asks for
    with pytest.raises(Retry):
        list(Redrive(broken, parts.topics, post.log).run(DeadLetterFilter(), "petugas-1", "x", NOW))

    post.redrive()

    assert {event.subject for event in post.told()} == {letter.id for letter in letters}
    again = [record for record in post.read("raw-sms") if dict(record.headers).get("redriven")]
    assert {dict(record.headers)["redriven"].decode() for record in again} == {str(letter.id) for letter in letters}
    assert len(again) == (3 if away in ({2}, {4}) else 2)


def large(parts: Parts, less: int = 0) -> Outgoing:
    """An arrival that fits a bus, by so many bytes, but not with the reason why a stage can't work it."""
    made = arrival(parts)
    return replace(made, value=made.value + b" " * (MAX_MESSAGE_BYTES - made.size - less))


def test_what_was_too_large_for_a_letter_is_taken_from_its_place(post: Post, parts: Parts) -> None:
    """The letter says where it is and which; its bytes, key and headers are those of the record there."""
    post.publish(large(parts, 50))
    post.aside(Reject("unreadable"), "raw-sms")
    (letter,) = post.waiting()
    assert letter.stub.startswith(b"9")
    assert b"Pohon" in post.letters.reveal(post.letters.find(str(letter.id)), "petugas-3", "x", NOW)
    assert [step.reason for step in post.redrive()] == [""]
    first, again = post.read("raw-sms")
    assert (again.key, again.value, again.headers[:-1]) == (first.key, first.value, first.headers)


def test_what_is_too_large_with_its_header_is_left(post: Post, parts: Parts) -> None:
    """It waits on, and is said."""
    post.publish(large(parts))
    post.aside(Reject("unreadable"), "raw-sms")
    assert [step.reason for step in post.redrive()] == ["too_large"]
    assert (len(post.waiting()), post.told(), len(post.read("raw-sms"))) == (1, [], 1)


def test_what_is_gone_is_said(post: Post, parts: Parts) -> None:
    """Another record at that place, or none, is not what the letter is about."""
    post.publish(large(parts, 50))
    post.aside(Reject("unreadable"), "raw-sms")
    (record,) = post.read(dead_letter_topic("normalize"))
    other = record.value[:-4] + b"0000"
    elsewhere = tuple((name, b"raw-sms/0/99" if name == "dead_position" else text) for name, text in record.headers)
    post.drop()
    post.publish(Outgoing(dead_letter_topic("normalize"), b"", record.value, elsewhere))
    headed = tuple((name, b"other" if name == "dead_stage" else text) for name, text in record.headers)
    post.publish(Outgoing(dead_letter_topic("normalize"), b"", other, headed))
    assert [step.reason for step in post.redrive()] == ["gone", "gone"]
    assert (len(post.waiting()), len(post.read("raw-sms"))) == (2, 1)


def test_a_whole_letter_stands_in_for_a_stub(post: Post) -> None:
    """Where one stage's reason was short enough, the record is in its letter."""
    made = complaint()
    post.publish(replace(made, value=made.value + b" " * (MAX_MESSAGE_BYTES - made.size - 75)))
    post.aside(Reject("a_reason_that_is_long"), COMPLAINTS, group="router", stage="router")
    post.aside(Reject("x"), COMPLAINTS, group="ledger", stage="sinks")
    assert [bool(letter.stub) for letter in sorted(post.waiting(), key=lambda one: one.stage)] == [False, True]
    (step,) = post.redrive()
    assert len(step.letters) == 2
    assert len({record.value for record in post.read(COMPLAINTS)}) == 1


def test_what_was_worked_is_not_given_again(post: Post, parts: Parts) -> None:
    """A stage that made too much of a record has decided about it: at another place it would be dropped as known."""
    post.publish(arrival(parts))
    post.aside(Reject("too_large"), "raw-sms")
    assert [step.reason for step in post.redrive()] == ["worked"]
    assert len(post.waiting()) == 1


def correction(kind: Literal["new", "joins"], after: UUID | None = None) -> Outgoing:
    """A person takes a complaint apart from another, or puts it to that one."""
    message, other = ids.message_id("web", "letters-1"), ids.complaint_id(ids.message_id("web", "letters-2"))
    mine = ids.complaint_id(message)
    made = Correction(
        id=ids.correction_id(mine, kind, after),
        message_id=message,
        at=NOW,
        complaint_id=mine,
        tracking="2VA8-SD70-3330",
        relation=Relation(kind=kind, of=other if kind == "joins" else None),
        actor="petugas-1",
        reason="lain lubang",
    )
    return Outgoing(CORRECTIONS, *codec.encode(made, str(mine), "/test"))


def test_what_a_person_decided_since_holds(post: Post) -> None:
    """A correction that a later one followed is left: the normalizer would take it for the latest."""
    split, merge = correction("new"), correction("joins", NOBODY)
    post.publish(split)
    post.aside(KeyError("x"), CORRECTIONS, group="ledger", stage="sinks")
    post.publish(merge)
    assert [step.reason for step in post.redrive()] == ["overtaken"]
    assert (len(post.waiting()), len(post.read(CORRECTIONS))) == (1, 2)
    post.aside(KeyError("x"), CORRECTIONS, group="ledger", stage="sinks")
    assert [step.reason for step in post.redrive()] == ["overtaken", ""]
    assert post.read(CORRECTIONS)[2].value == merge.value


def test_every_reason_to_leave_one_has_its_sentence() -> None:
    """What an operator reads."""
    assert sorted(NOT_REDRIVEN) == [
        "gone",
        "not_the_shape",
        "overtaken",
        "too_large",
        "unknown_topic",
        "unknown_version",
        "worked",
    ]


@pytest.mark.parametrize(
    ("version", "said", "left"),
    [
        ("1", {"says": "dua kata"}, ""),
        ("2", {"text": "dua kata"}, ""),
        ("3", {"words": ["dua", "kata"]}, ""),
        ("4", {"words": ["dua", "kata"]}, "unknown_version"),
        ("1", {}, "not_the_shape"),
    ],
)
def test_made_current_before_it_goes(
    tmp_path: Any, parts: Parts, engine: Engine, version: str, said: dict[str, Any], left: str
) -> None:
    """What an older version wrote goes as ours would have written it; what nobody knows is left, and waits."""
    bus = LocalBus(tmp_path / "planted.db", NOW.timestamp)
    topics = [
        Topic("planted", Planted, "", 1, 1, "", ()),
        Topic(dead_letter_topic("router"), None, "", 1, 1, "", ()),
        *(topic for topic in parts.topics if topic.name == OVERSIGHT),
    ]
    bus.ensure(TopicSpec(topic.name) for topic in topics)
    post = Post(bus, parts.sealer, topics, engine)
    post.publish(Outgoing("planted", b"k", value(**said), headers(version)))
    post.aside(Reject("unexpected_type", "ce_type"), "planted", group="router", stage="router")

    assert [step.reason for step in post.redrive(upcasts=STEPS)] == [left]

    assert len(post.waiting()) == bool(left)
    for record in post.read("planted")[1:]:
        made = codec.decode(Planted, record.value, record.headers)
        assert made.words == ("dua", "kata")
        assert (record.key, dict(record.headers)["ce_id"]) == (b"k", str(made.id).encode())


def test_a_steady_pace() -> None:
    """Two a second: half a second from one to the next, whatever each took; what was slow is not caught up with."""
    pace = Pace(2.0)
    waits = [pace.wait(now) for now in (100.0, 100.1, 100.5, 103.0, 103.0, 103.0)]
    assert waits == pytest.approx([0.0, 0.4, 0.5, 0.0, 0.5, 1.0])


def test_the_pause_is_before_each(post: Post, parts: Parts) -> None:
    """As many pauses as records that go, each before its record is on the bus."""
    post.publish(arrival(parts, "SM1"), arrival(parts, "SM2"))
    post.aside(Reject("unreadable"), "raw-sms")
    seen: list[int] = []
    mine = Redrive(post.letters, post.topics, post.log)
    steps = mine.run(DeadLetterFilter(), "petugas-1", "x", NOW, lambda: seen.append(len(post.read("raw-sms"))))
    assert len(list(steps)) == 2
    assert seen == [2, 3]


class Line:
    """The real stages on one bus and one database, each run over all that it has not worked."""

    def __init__(self, parts: Parts, bus: Bus, engine: Engine) -> None:
        self.bus = bus
        raws = tuple(topic.name for topic in parts.topics if topic.shape is RawMessage)
        router = make_router(engine, fixed_rules_source(parts.settings.reference_folder), lambda: NOW)
        self.stages: Mapping[str, tuple[Stage, tuple[str, ...], str]] = {
            "normalize": (make_normalizer(engine, parts.sealer), (*raws, CORRECTIONS), "normalize"),
            "router": (router, ROUTED, "router"),
            "ledger": (make_ledger_sink(engine), (*ROUTED, *parts.queues), "sinks"),
        }

    def work(self) -> None:
        """Down the whole way."""
        for group, (stage, names, _) in self.stages.items():
            consumer = self.bus.consumer(Membership(group, "test", names))
            while records := consumer.poll(2.0, 1000):
                consumer.commit(stage.handle(records))
            consumer.close()


def outcome(post: Post, parts: Parts, engine: Engine) -> tuple[int, int, list[int]]:
    """How many complaints and dispatches by their ids, and how many rows of each."""
    complaints = {codec.decode(Complaint, one.value, one.headers).id for one in post.read(COMPLAINTS)}
    dispatches = [codec.decode(Dispatch, one.value, one.headers).id for one in post.read(*parts.queues)]
    with read_transaction(engine) as connection:
        rows = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (ComplaintRow, DispatchRow)
        ]
    return len(complaints), len(set(dispatches)), rows


@pytest.mark.parametrize("failing", ["normalize", "router", "ledger"])
def test_a_letter_given_twice_is_worked_once(post: Post, parts: Parts, engine: Engine, failing: str) -> None:
    """A crash between the record and its event, then again: one complaint, one dispatch, one row of each."""
    line = Line(parts, parts.bus, engine)
    post.publish(arrival(parts))
    for group, (stage, names, dead_of) in line.stages.items():
        if group == failing:
            post.aside(KeyError("x"), *names, group=group, stage=dead_of)
            break
        consumer = parts.bus.consumer(Membership(group, "test", names))
        consumer.commit(stage.handle(consumer.poll(2.0, 1000)))
        consumer.close()
    letters = post.waiting()
    came_by = {letter.topic for letter in letters}
    before = len(post.read(*came_by))
    flaky = Breaking(parts.bus, FlakyProducer(parts.bus.producer(), {2}))
    crashing = DeadLetters(flaky, parts.sealer, parts.topics, post.log)  # type: ignore[arg-type]  # all it asks for
    with pytest.raises(Retry):
        list(Redrive(crashing, parts.topics, post.log).run(DeadLetterFilter(), "petugas-1", "x", NOW))
    post.redrive()
    assert len(post.read(*came_by)) == before + len(letters) + 1

    line.work()

    assert outcome(post, parts, engine) == (1, 1, [1, 1])
    assert post.waiting() == []


def test_on_kafka(parts: Parts, own_node: Node) -> None:
    """The same on Apache Kafka: whole letters and stubs go the way they came, once, and end as one complaint each."""

    def never(call: str) -> None:
        pytest.fail(f"{call} hung")

    bus = KafkaBus(KafkaSettings(bootstrap=own_node.bootstrap), Watchdog(never))
    bus.ensure([TopicSpec(topic.name, topic.partitions, topic.retention) for topic in parts.topics])
    post = Post(bus, parts.sealer, parts.topics, parts.engine)
    other = arrival(parts, "SM2")
    post.publish(large(parts, 50), replace(other, headers=(*other.headers, ("traced", b"\x00\xff"))))
    post.aside(Reject("unreadable"), "raw-sms")
    whole, stub = sorted(post.waiting(), key=lambda letter: bool(letter.stub))
    assert (bool(whole.stub), bool(stub.stub)) == (False, True)

    assert sorted(step.reason for step in post.redrive()) == ["", ""]
    assert post.redrive() == []

    arrivals = post.read("raw-sms")
    first = [record for record in arrivals if "redriven" not in dict(record.headers)]
    again = {dict(record.headers)["redriven"].decode(): record for record in arrivals if record not in first}
    for letter in (whole, stub):
        (was,) = [record for record in first if record.position == letter.position]
        record = again[str(letter.id)]
        assert (record.key, record.value, record.headers[:-1]) == (was.key, was.value, was.headers)
        assert record.partition == was.partition
    assert {event.subject for event in post.told()} == {whole.id, stub.id}
    Line(parts, bus, parts.engine).work()
    assert outcome(post, parts, parts.engine) == (2, 2, [2, 2])
