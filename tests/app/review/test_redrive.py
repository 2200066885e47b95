"""Redrive of dead letters: to their original topics, at a steady pace, and processed once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from app.assembly.parts import Parts
from app.clock import system_clock
from app.operations.review.dead_letters import DeadLetterFilter, DeadLetters
from app.operations.review.redrive import NOT_REDRIVEN, Pace, Redrive
from bus.errors import Reject, Retry
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.local.bus import LocalBus
from bus.port import MAX_MESSAGE_BYTES, Bus, Membership, Outgoing, TopicSpec
from bus.worker import Stage
from cases.facts.tables import ComplaintFact, DispatchFact
from config.database import read_transaction
from config.settings import Settings
from messages import codec, ids
from messages.shapes import Complaint, Correction, Dispatch, RawMessage, Relation
from messages.topics import (
    AGENCY_ANSWERS,
    COMPLAINTS,
    CORRECTION_OUTCOMES,
    CORRECTIONS,
    OVERSIGHT,
    Topic,
    dead_letter_topic,
)
from tests.app.review.test_dead_letters import PHONE, TEXT, complaint
from tests.bus.kafka.node import Node
from tests.conftest import NOW
from tests.ingest.door_client import FlakyProducer
from tests.messages.test_upcasts import Planted, headers, value
from tests.support import records
from tests.support.arrival_ids import arrival_id
from tests.support.case_stages import make_case_stage
from tests.support.dead_letters import BusWithProducer, DeadLetterDesk
from tests.support.outcomes import correction_outcome
from tests.support.rules import fixed_rules_source
from tests.support.service import REGISTRY
from tests.support.stages import make_normalizer, make_router

NO_CORRECTION = UUID(int=0)
ROUTED = (COMPLAINTS, AGENCY_ANSWERS, CORRECTIONS)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a registry of a few agencies."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


@pytest.fixture
def desk(parts: Parts, engine: Engine) -> DeadLetterDesk:
    """Return a bus without dead letters, and an audit log on each kind of database."""
    return DeadLetterDesk(parts.bus, parts.sealer, parts.topics, engine)


def arrival(parts: Parts, sid: str = "SM1") -> Outgoing:
    """Return an SMS."""
    return records.sms(parts, TEXT, PHONE, sid)


def test_a_redriven_record_is_the_original(desk: DeadLetterDesk, parts: Parts) -> None:
    """The record returns to its topic with its key, bytes and headers, and the dead letter's id in one more."""
    desk.publish(arrival(parts))
    desk.reject(Reject("unreadable", "body"), "raw-sms")
    (letter,) = desk.undecided()

    (step,) = desk.redrive()

    first, second = desk.read("raw-sms")
    assert (second.key, second.value) == (first.key, first.value)
    assert second.headers == (*first.headers, ("redriven", str(letter.id).encode()))
    assert (step.letters, step.reason) == ((letter,), "")
    (event,) = desk.events()
    assert (event.event, event.subject, event.message_id) == ("redriven", letter.id, letter.message_id)
    assert (event.actor, event.reason, event.at) == ("petugas-1", "sudah diperbaiki", NOW)
    assert desk.undecided() == []


def test_a_second_redrive_does_nothing(desk: DeadLetterDesk, parts: Parts) -> None:
    """A second redrive does nothing, also by id."""
    desk.publish(arrival(parts))
    desk.reject(Reject("unreadable"), "raw-sms")
    ((letter,),) = (step.letters for step in desk.redrive())
    assert (desk.redrive(), desk.redrive(DeadLetterFilter(ids=(str(letter.id),)))) == ([], [])
    assert (len(desk.read("raw-sms")), len(desk.events())) == (2, 1)


def test_only_the_chosen_ones_are_redriven(desk: DeadLetterDesk, parts: Parts) -> None:
    """Other dead letters stay pending."""
    for sid, reason in (("SM1", "unreadable"), ("SM2", "unsealable")):
        desk.publish(arrival(parts, sid))
        desk.reject(Reject(reason), "raw-sms")
    assert [step.letters[0].reason for step in desk.redrive(DeadLetterFilter(reason="unsealable"))] == ["unsealable"]
    assert [letter.reason for letter in desk.undecided()] == ["unreadable"]


def test_a_plan_changes_nothing(desk: DeadLetterDesk, parts: Parts) -> None:
    """A plan publishes and records nothing."""
    desk.publish(arrival(parts), complaint())
    desk.reject(Reject("unreadable"), "raw-sms")
    desk.reject(Reject("not_the_shape"), COMPLAINTS, group="router", stage="router")
    planned = [
        step.out.topic for step in Redrive(desk.letters, desk.topics, desk.log).plan(DeadLetterFilter()) if step.out
    ]
    assert planned == ["raw-sms", COMPLAINTS]
    assert (len(desk.read("raw-sms", COMPLAINTS)), desk.events(), desk.log.verify().rows) == (2, [], 0)


def test_a_record_that_fails_again_is_a_new_dead_letter(desk: DeadLetterDesk, parts: Parts) -> None:
    """A record that fails again is a new dead letter, and its redrive has only the newer id."""
    desk.publish(arrival(parts))
    desk.reject(Reject("unreadable"), "raw-sms")
    desk.redrive()
    desk.reject(Reject("unreadable"), "raw-sms")
    (second,) = desk.undecided()
    desk.redrive()
    first, _, third = desk.read("raw-sms")
    assert third.headers == (*first.headers, ("redriven", str(second.id).encode()))
    assert len(desk.letters.chosen(DeadLetterFilter())) == 2


def test_the_dead_letters_of_one_record_are_redriven_together(desk: DeadLetterDesk) -> None:
    """All dead letters of a record are redriven together, once."""
    desk.publish(complaint())
    for group, stage in (("router", "router"), ("cases", "cases"), ("replies", "replies")):
        desk.reject(Reject("not_the_shape"), COMPLAINTS, group=group, stage=stage)
    assert len(desk.undecided()) == 3
    (step,) = desk.redrive(DeadLetterFilter(stage="cases"))
    assert sorted(letter.stage for letter in step.letters) == ["cases", "replies", "router"]
    assert len(desk.read(COMPLAINTS)) == 2
    assert {event.subject for event in desk.events()} == {letter.id for letter in step.letters}
    assert desk.undecided() == []


def test_a_dropped_dead_letter_stays_dropped(desk: DeadLetterDesk) -> None:
    """A dropped dead letter of the same record keeps its decision."""
    desk.publish(complaint())
    for group, stage in (("router", "router"), ("cases", "cases")):
        desk.reject(Reject("not_the_shape"), COMPLAINTS, group=group, stage=stage)
    (dropped,) = desk.drop(DeadLetterFilter(stage="router"))
    (step,) = desk.redrive()
    assert [letter.stage for letter in step.letters] == ["cases"]
    assert desk.letters.decisions()[dropped.id] == "dead-letter-dropped"


@pytest.mark.parametrize("away", [{1}, {2}, {3}, {4}])
def test_an_interrupted_redrive_can_be_repeated(desk: DeadLetterDesk, parts: Parts, away: set[int]) -> None:
    """A repeated redrive after any interruption finishes it, with one event for each dead letter."""
    desk.publish(arrival(parts, "SM1"), arrival(parts, "SM2"))
    desk.reject(Reject("unreadable"), "raw-sms")
    letters = desk.undecided()
    flaky = BusWithProducer(parts.bus, FlakyProducer(parts.bus.producer(), away))
    broken = DeadLetters(flaky, parts.sealer, parts.topics, desk.log)  # type: ignore[arg-type]  # all it asks for
    with pytest.raises(Retry):
        list(Redrive(broken, parts.topics, desk.log).run(DeadLetterFilter(), "petugas-1", "x", NOW))

    desk.redrive()

    assert {event.subject for event in desk.events()} == {letter.id for letter in letters}
    redriven_records = [record for record in desk.read("raw-sms") if dict(record.headers).get("redriven")]
    assert {dict(record.headers)["redriven"].decode() for record in redriven_records} == {
        str(letter.id) for letter in letters
    }
    assert len(redriven_records) == (3 if away in ({2}, {4}) else 2)


def large(parts: Parts, fewer_bytes: int = 0) -> Outgoing:
    """Return an arrival that fits the bus, but not with the headers of a dead letter."""
    message = arrival(parts)
    return replace(message, value=message.value + b" " * (MAX_MESSAGE_BYTES - message.size - fewer_bytes))


def test_a_stub_is_redriven_from_the_original_record(desk: DeadLetterDesk, parts: Parts) -> None:
    """A stub's bytes, key and headers come from the original record."""
    desk.publish(large(parts, 50))
    desk.reject(Reject("unreadable"), "raw-sms")
    (letter,) = desk.undecided()
    assert letter.stub.startswith(b"9")
    assert b"Pohon" in desk.letters.reveal(desk.letters.find(str(letter.id)), "petugas-3", "x", NOW)
    assert [step.reason for step in desk.redrive()] == [""]
    first, second = desk.read("raw-sms")
    assert (second.key, second.value, second.headers[:-1]) == (first.key, first.value, first.headers)


def test_a_record_too_large_with_its_header_is_left(desk: DeadLetterDesk, parts: Parts) -> None:
    """A record that is too large with the additional header stays pending."""
    desk.publish(large(parts))
    desk.reject(Reject("unreadable"), "raw-sms")
    assert [step.reason for step in desk.redrive()] == ["too_large"]
    assert (len(desk.undecided()), desk.events(), len(desk.read("raw-sms"))) == (1, [], 1)


def test_a_missing_record_is_reported(desk: DeadLetterDesk, parts: Parts) -> None:
    """A missing record, or another one at the position, is not redriven."""
    desk.publish(large(parts, 50))
    desk.reject(Reject("unreadable"), "raw-sms")
    (record,) = desk.read(dead_letter_topic("normalize"))
    other_stub = record.value[:-4] + b"0000"
    headers_of_missing_record = tuple(
        (name, b"raw-sms/0/99" if name == "dead_position" else text) for name, text in record.headers
    )
    desk.drop()
    desk.publish(Outgoing(dead_letter_topic("normalize"), b"", record.value, headers_of_missing_record))
    headers_of_other_stage = tuple((name, b"other" if name == "dead_stage" else text) for name, text in record.headers)
    desk.publish(Outgoing(dead_letter_topic("normalize"), b"", other_stub, headers_of_other_stage))
    assert [step.reason for step in desk.redrive()] == ["gone", "gone"]
    assert (len(desk.undecided()), len(desk.read("raw-sms"))) == (2, 1)


def test_a_complete_dead_letter_replaces_a_stub(desk: DeadLetterDesk) -> None:
    """A complete dead letter of one stage supplies the record for another stage's stub."""
    message = complaint()
    desk.publish(replace(message, value=message.value + b" " * (MAX_MESSAGE_BYTES - message.size - 75)))
    desk.reject(Reject("a_reason_that_is_long"), COMPLAINTS, group="router", stage="router")
    desk.reject(Reject("x"), COMPLAINTS, group="cases", stage="cases")
    assert [bool(letter.stub) for letter in sorted(desk.undecided(), key=lambda letter: letter.stage)] == [False, True]
    (step,) = desk.redrive()
    assert len(step.letters) == 2
    assert len({record.value for record in desk.read(COMPLAINTS)}) == 1


def test_a_processed_record_is_not_redriven(desk: DeadLetterDesk, parts: Parts) -> None:
    """A record whose output was too large is processed already; a redrive would be dropped."""
    desk.publish(arrival(parts))
    desk.reject(Reject("too_large"), "raw-sms")
    assert [step.reason for step in desk.redrive()] == ["worked"]
    assert len(desk.undecided()) == 1


def correction(
    kind: Literal["new", "joins"], previous_correction: UUID | None = None, name: str = "letters-1"
) -> Outgoing:
    """Return a split of a complaint, or a merge with another one. `name` is that of the complaint's arrival."""
    message, other_id = arrival_id("web", name), ids.complaint_id(arrival_id("web", "letters-2"))
    complaint_id = ids.complaint_id(message)
    correction_message = Correction(
        id=ids.correction_id(complaint_id, kind, previous_correction),
        message_id=message,
        at=NOW,
        complaint_id=complaint_id,
        tracking="2VA8-SD70-3330",
        relation=Relation(kind=kind, of=other_id if kind == "joins" else None),
        actor="petugas-1",
        reason="lain lubang",
    )
    return Outgoing(CORRECTIONS, *codec.encode(correction_message, str(complaint_id), "/test"))


def test_an_overtaken_correction_is_not_redriven(desk: DeadLetterDesk) -> None:
    """An earlier correction is not redriven: the normalizer would take it for the latest."""
    split, merge = correction("new"), correction("joins", NO_CORRECTION)
    desk.publish(split)
    desk.reject(KeyError("x"), CORRECTIONS, group="cases", stage="cases")
    desk.publish(merge)
    assert [step.reason for step in desk.redrive()] == ["overtaken"]
    assert (len(desk.undecided()), len(desk.read(CORRECTIONS))) == (1, 2)
    desk.reject(KeyError("x"), CORRECTIONS, group="cases", stage="cases")
    assert [step.reason for step in desk.redrive()] == ["overtaken", ""]
    assert desk.read(CORRECTIONS)[2].value == merge.value


def test_an_overtaken_outcome_of_a_correction_is_not_redriven(desk: DeadLetterDesk) -> None:
    """The normalizer would take it for the latest. One of another complaint is redriven."""
    messages = [correction("new"), correction("joins", NO_CORRECTION), correction("new", name="letters-3")]
    first, second, other = [
        correction_outcome(codec.decode(Correction, message.value, message.headers)) for message in messages
    ]
    desk.publish(first)
    desk.reject(KeyError("x"), CORRECTION_OUTCOMES, group="normalize", stage="normalize")
    desk.publish(other)
    desk.reject(KeyError("x"), CORRECTION_OUTCOMES, group="normalize", stage="normalize")
    desk.publish(second)
    assert [step.reason for step in desk.redrive()] == ["overtaken", ""]


def test_every_reason_is_listed() -> None:
    """The reasons that an operator can read."""
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
    ("version", "fields", "reason"),
    [
        ("1", {"says": "dua kata"}, ""),
        ("2", {"text": "dua kata"}, ""),
        ("3", {"words": ["dua", "kata"]}, ""),
        ("4", {"words": ["dua", "kata"]}, "unknown_version"),
        ("1", {}, "not_the_shape"),
    ],
)
def test_an_older_version_is_converted(
    tmp_path: Any, parts: Parts, engine: Engine, version: str, fields: dict[str, Any], reason: str
) -> None:
    """A record of an older version is converted; an unknown version stays pending."""
    bus = LocalBus(tmp_path / "planted.db", NOW.timestamp)
    topics = [
        Topic("planted", Planted, "", 1, 1, "", ()),
        Topic(dead_letter_topic("router"), None, "", 1, 1, "", ()),
        *(topic for topic in parts.topics if topic.name == OVERSIGHT),
    ]
    bus.ensure(TopicSpec(topic.name) for topic in topics)
    desk = DeadLetterDesk(bus, parts.sealer, topics, engine)
    desk.publish(Outgoing("planted", b"k", value(**fields), headers(version)))
    desk.reject(Reject("unexpected_type", "ce_type"), "planted", group="router", stage="router")

    assert [step.reason for step in desk.redrive()] == [reason]

    assert len(desk.undecided()) == bool(reason)
    for record in desk.read("planted")[1:]:
        planted = codec.decode(Planted, record.value, record.headers)
        assert planted.words == ("dua", "kata")
        assert (record.key, dict(record.headers)["ce_id"]) == (b"k", str(planted.id).encode())


def test_a_steady_pace() -> None:
    """Two a second: half a second between two records. A delay is not made up for."""
    pace = Pace(2.0)
    waits = [pace.wait(now) for now in (100.0, 100.1, 100.5, 103.0, 103.0, 103.0)]
    assert waits == pytest.approx([0.0, 0.4, 0.5, 0.0, 0.5, 1.0])


def test_the_pause_comes_before_each_record(desk: DeadLetterDesk, parts: Parts) -> None:
    """Each pause comes before its record is published."""
    desk.publish(arrival(parts, "SM1"), arrival(parts, "SM2"))
    desk.reject(Reject("unreadable"), "raw-sms")
    record_counts: list[int] = []
    redrive = Redrive(desk.letters, desk.topics, desk.log)
    steps = redrive.run(
        DeadLetterFilter(), "petugas-1", "x", NOW, lambda: record_counts.append(len(desk.read("raw-sms")))
    )
    assert len(list(steps)) == 2
    assert record_counts == [2, 3]


class Stages:
    """The real stages on one bus and one database. A poll waits `seconds` for records of a bus that fetches them."""

    def __init__(self, parts: Parts, bus: Bus, engine: Engine, seconds: float = 0.0) -> None:
        self.bus = bus
        self.seconds = seconds
        raw_topics = tuple(topic.name for topic in parts.topics if topic.shape is RawMessage)
        rules = fixed_rules_source(parts.settings.reference_folder)
        router = make_router(engine, rules, lambda: NOW, parts.keys.answer_check)
        self.stages: Mapping[str, tuple[Stage, tuple[str, ...], str]] = {
            "normalize": (make_normalizer(engine, parts.sealer), (*raw_topics, CORRECTION_OUTCOMES), "normalize"),
            "router": (router, ROUTED, "router"),
            "cases": (make_case_stage(engine, parts.keys.answer_check), (*ROUTED, *parts.queues), "cases"),
        }

    def work(self) -> None:
        """Run all stages in order over everything that they have not processed."""
        for group, (stage, names, _) in self.stages.items():
            consumer = self.bus.consumer(Membership(group, "test", names))
            while records := consumer.poll(self.seconds, 1000):
                consumer.commit(stage.handle(records))
            consumer.close()


def outcome(desk: DeadLetterDesk, parts: Parts, engine: Engine) -> tuple[int, int, list[int]]:
    """Return the numbers of complaints and dispatches by id, and of their rows."""
    complaints = {codec.decode(Complaint, record.value, record.headers).id for record in desk.read(COMPLAINTS)}
    dispatches = [codec.decode(Dispatch, record.value, record.headers).id for record in desk.read(*parts.queues)]
    with read_transaction(engine) as connection:
        rows = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (ComplaintFact, DispatchFact)
        ]
    return len(complaints), len(set(dispatches)), rows


@pytest.mark.parametrize("failing", ["normalize", "router", "cases"])
def test_a_record_published_twice_is_processed_once(
    desk: DeadLetterDesk, parts: Parts, engine: Engine, failing: str
) -> None:
    """A record that is published twice because of a crash is one complaint, one dispatch and one row of each."""
    stages_ = Stages(parts, parts.bus, engine)
    desk.publish(arrival(parts))
    for group, (stage, names, dead_stage) in stages_.stages.items():
        if group == failing:
            desk.reject(KeyError("x"), *names, group=group, stage=dead_stage)
            break
        consumer = parts.bus.consumer(Membership(group, "test", names))
        consumer.commit(stage.handle(consumer.poll(0.0, 1000)))
        consumer.close()
    letters = desk.undecided()
    topics = {letter.topic for letter in letters}
    count_before = len(desk.read(*topics))
    flaky = BusWithProducer(parts.bus, FlakyProducer(parts.bus.producer(), {2}))
    crashing = DeadLetters(flaky, parts.sealer, parts.topics, desk.log)  # type: ignore[arg-type]  # all it asks for
    with pytest.raises(Retry):
        list(Redrive(crashing, parts.topics, desk.log).run(DeadLetterFilter(), "petugas-1", "x", NOW))
    desk.redrive()
    assert len(desk.read(*topics)) == count_before + len(letters) + 1

    stages_.work()

    assert outcome(desk, parts, engine) == (1, 1, [1, 1])
    assert desk.undecided() == []


@pytest.mark.one_kind("about Kafka")
def test_on_kafka(parts: Parts, own_node: Node) -> None:
    """On Apache Kafka, complete dead letters and stubs are redriven once and become one complaint each."""
    bus = KafkaBus(KafkaSettings(bootstrap=own_node.bootstrap), system_clock())
    bus.ensure([TopicSpec(topic.name, topic.partitions, topic.retention) for topic in parts.topics])
    desk = DeadLetterDesk(bus, parts.sealer, parts.topics, parts.engine)
    arrival_with_header = arrival(parts, "SM2")
    desk.publish(
        large(parts, 50), replace(arrival_with_header, headers=(*arrival_with_header.headers, ("traced", b"\x00\xff")))
    )
    desk.reject(Reject("unreadable"), "raw-sms")
    complete_letter, stub_letter = sorted(desk.undecided(), key=lambda letter: bool(letter.stub))
    assert (bool(complete_letter.stub), bool(stub_letter.stub)) == (False, True)

    assert sorted(step.reason for step in desk.redrive()) == ["", ""]
    assert desk.redrive() == []

    arrivals = desk.read("raw-sms")
    original_records = [record for record in arrivals if "redriven" not in dict(record.headers)]
    redriven_records = {
        dict(record.headers)["redriven"].decode(): record for record in arrivals if record not in original_records
    }
    for letter in (complete_letter, stub_letter):
        (original,) = [record for record in original_records if record.position == letter.position]
        record = redriven_records[str(letter.id)]
        assert (record.key, record.value, record.headers[:-1]) == (original.key, original.value, original.headers)
        assert record.partition == original.partition
    assert {event.subject for event in desk.events()} == {complete_letter.id, stub_letter.id}
    Stages(parts, bus, parts.engine, seconds=2.0).work()
    assert outcome(desk, parts, parts.engine) == (2, 2, [2, 2])
