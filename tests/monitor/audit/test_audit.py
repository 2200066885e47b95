"""The audit: it counts what became of every message, and finds each planted fault by name."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from app.assembly.channels import CHANNELS, DIRECTORY
from app.assembly.parts import Parts
from app.operations.review.quarantine import Quarantine, QuarantineFilter
from bus.port import Membership, Outgoing, Record
from bus.worker import Stage, Worker
from ingest.wrap import accepted_record, quarantine_record
from messages import codec, ids
from messages.shapes import MERGED, Complaint, Dispatch, OversightEvent, Relation
from messages.topics import COMPLAINTS, CORRECTIONS, OVERSIGHT
from monitor.audit.audit import Audit, Auditor
from tests.conftest import NOW
from tests.journeys.test_journeys import REGISTRY
from tests.support import records
from tests.support.audit_faults import texts_by_id
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_ledger_sink, make_normalizer, make_router


class Pipeline:
    """Runs the stages on the embedded bus, one batch at a time; `spoil` changes what a stage publishes."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.producer = parts.bus.producer()

    def publish(self, *messages: Outgoing) -> None:
        """As a door would."""
        self.producer.publish(messages)

    def work(self, group: str, spoil: object = None) -> list[Outgoing]:
        """Let one stage work all it finds."""
        raw = tuple(f"raw-{channel}" for channel in ("web", "sms", "twitter", "mobile"))
        stages: dict[str, tuple[Stage, tuple[str, ...]]] = {
            "normalize": (make_normalizer(self.parts.engine, self.parts.sealer), raw),
            "router": (
                make_router(self.parts.engine, fixed_rules_source(self.parts.settings.reference_folder), lambda: NOW),
                (COMPLAINTS, "agency-answers", CORRECTIONS),
            ),
            "ledger": (
                make_ledger_sink(self.parts.engine),
                (COMPLAINTS, "agency-answers", CORRECTIONS, *self.parts.queues),
            ),
        }
        stage, names = stages[group]
        consumer = self.parts.bus.consumer(Membership(group, "test", names))
        records = consumer.poll(0.0, 1000)
        outputs = list(stage.handle(records))
        if spoil:
            outputs = spoil(outputs)  # type: ignore[operator]
        consumer.commit(outputs)
        consumer.close()
        return outputs

    def all(self) -> None:
        """The whole way."""
        for group in ("normalize", "router", "ledger"):
            self.work(group)


@pytest.fixture
def pipeline(parts: Parts) -> Iterator[Pipeline]:
    """A pipeline that has accepted three messages."""
    made = Pipeline(parts)
    made.publish(
        records.web(parts, "Kemenkes tolong"),
        records.sms(parts, "sudah lama sekali begini", "+628000000021"),
        records.sms(parts, "LAPOR", "+628000000022"),
    )
    yield made
    made.producer.close()


def test_a_clean_run_adds_up(parts: Parts, pipeline: Pipeline) -> None:
    """Every accepted message has exactly one outcome."""
    pipeline.all()
    audit = parts.audit()
    assert audit.clean
    assert (audit.accepted, audit.complaints, audit.not_complaints, audit.pending) == (3, 2, 1, 0)
    assert (audit.at_agencies, audit.at_triage) == (1, 1)


def test_what_is_underway_is_pending(parts: Parts, pipeline: Pipeline) -> None:
    """A message that a stage has not reached is neither lost nor done."""
    seen = []
    for group in ("normalize", "router", "ledger"):
        audit = parts.audit()
        assert audit.clean
        seen.append(audit.pending)
        pipeline.work(group)
    assert [*seen, parts.audit().pending] == [3, 2, 2, 0]


def test_a_second_delivery_is_counted_not_doubled(parts: Parts, pipeline: Pipeline) -> None:
    """The provider sent it twice; it is one message."""
    message = records.sms(parts, "PJU padam", "+628000000023", sid="SM7")
    pipeline.publish(message, message)
    pipeline.all()
    audit = parts.audit()
    assert (audit.accepted, audit.delivered_again, audit.clean) == (4, 1, True)


def test_a_dead_letter_is_an_outcome(parts: Parts, pipeline: Pipeline) -> None:
    """What can't be read is neither lost nor a complaint."""
    broken = replace(records.web(parts, "x"), value=b"{")
    pipeline.publish(broken)
    letters = [replace(broken, topic="dead-normalize", key=b"")]
    consumer = parts.bus.consumer(Membership("normalize", "test", ("raw-web",)))
    consumer.poll(0.0, 1000)
    consumer.commit(letters)
    consumer.close()
    audit = parts.audit()
    assert audit.dead == 1
    assert dict(broken.headers)["ce_id"].decode() not in texts_by_id(audit, "lost")


def _drop(outputs: list[Outgoing]) -> list[Outgoing]:
    return outputs[1:]


def _double(outputs: list[Outgoing]) -> list[Outgoing]:
    return [*outputs, outputs[0]]


def _misfile(outputs: list[Outgoing]) -> list[Outgoing]:
    return [replace(outputs[0], topic="agency-bumn-pln"), *outputs[1:]]


def _apart(outputs: list[Outgoing], *, own_case: bool = False, **relation: object) -> list[Outgoing]:
    """One complaint belongs to the one in triage, and is sent elsewhere."""
    queued = [output for output in outputs if output.topic.startswith("agency-")]
    found = {output.topic: codec.decode(Dispatch, output.value, output.headers) for output in queued}
    said = Relation.model_validate({"kind": "repeat", "of": found["agency-triage"].complaint_id, **relation})
    apart = {"agency": "bumn-pln", "relation": said, "own_case": own_case}
    one = found["agency-kementerian-kemenkes"].model_copy(update=apart)
    others = [output for output in outputs if output.topic != "agency-kementerian-kemenkes"]
    return [Outgoing("agency-bumn-pln", *codec.encode(one, "", "/test")), *others]


@pytest.mark.parametrize(
    ("group", "spoil", "kind", "expected_text"),
    [
        ("normalize", _drop, "lost", "accepted, but without an outcome"),
        ("normalize", _double, "doubled", "complaint published twice"),
        ("router", _drop, "lost", "complaint in no agency's queue"),
        ("router", _double, "doubled", "hop 0 dispatched twice"),
        ("router", _misfile, "misfiled", "but in agency-bumn-pln"),
        ("router", _apart, "misfiled", "at bumn-pln, but belongs to what is at triage"),
        ("router", partial(_apart, own_case=True), "misfiled", "at bumn-pln, but belongs to what is at triage"),
        ("router", partial(_apart, kind="joins"), "misfiled", "at bumn-pln, but belongs to what is at triage"),
        ("router", partial(_apart, kind="joins", own_case=True, evidence=(MERGED,)), "misfiled", "at bumn-pln, but"),
    ],
)
def test_a_planted_fault_is_named(
    parts: Parts, pipeline: Pipeline, group: str, spoil: object, kind: str, expected_text: str
) -> None:
    """Lost, doubled, misfiled: each difference by the id it is about."""
    for stage in ("normalize", "router", "ledger"):
        pipeline.work(stage, spoil if stage == group else None)
    audit = parts.audit()
    assert not audit.clean
    (text,) = texts_by_id(audit, kind).values()
    assert expected_text in text
    assert {entry["difference"] for entry in audit.as_json()["differences"]} == {kind}  # type: ignore[attr-defined]


def test_what_joins_may_lie_at_its_own_door(parts: Parts, pipeline: Pipeline) -> None:
    """A case of its own where its own words led, beside the same matter elsewhere, is no fault."""
    pipeline.work("normalize")
    pipeline.work("router", partial(_apart, kind="joins", own_case=True))
    pipeline.work("ledger")
    audit = parts.audit()
    assert (audit.clean, audit.at_agencies, audit.at_triage) == (True, 1, 1)


def test_a_missing_row_is_named(parts: Parts, pipeline: Pipeline) -> None:
    """A complaint that the ledger passed over is lost to the citizen who asks for it."""
    pipeline.all()
    reader = parts.bus.reader()
    audit = Auditor(reader, DIRECTORY.names, parts.queues, list, NOW).run()
    reader.close()
    assert list(texts_by_id(audit, "lost").values()) == ["complaint not in the ledger"] * 2


def test_a_queue_of_an_agency_that_is_no_more_counts(parts: Parts, pipeline: Pipeline) -> None:
    """What stands in the queue of an agency that was taken from the registry is found by the audit."""
    pipeline.all()
    fewer = Parts(parts.settings.model_copy(update={"reference_folder": REGISTRY}), CHANNELS)
    assert "agency-kementerian-kemenkes" in {topic.name for topic in parts.topics}
    audit = fewer.audit()
    assert (audit.clean, audit.at_agencies, audit.at_triage) == (True, 1, 1)
    fewer.engine.dispose()


@pytest.fixture
def quarantine(parts: Parts, pipeline: Pipeline) -> Quarantine:
    """A quarantine that holds three messages, one of them for two reasons."""
    for number, reason in ((1, "unsigned"), (1, "bad_signature"), (2, "unsigned"), (3, "malformed")):
        body = f"MessageSid=SM{number}&From=%2B62800000005{number}&Body=pohon+tumbang+{number}".encode()
        raw = parts.wrapper.wrap("sms", f"held:{number}", "", body, NOW, records.FORM)
        pipeline.publish(quarantine_record(raw, reason))
    return Quarantine(parts.bus, parts.wrapper, parts.sealer, parts.audit_log)


def test_what_is_held_is_an_outcome(parts: Parts, pipeline: Pipeline, quarantine: Quarantine) -> None:
    """Each held message counts once, decided to be dropped or not decided at all."""
    pipeline.all()
    list(quarantine.drop(QuarantineFilter(reason="malformed"), "petugas-1", "palsu", NOW))
    audit = parts.audit()
    assert (audit.clean, audit.accepted, audit.quarantined) == (True, 6, 3)


def test_what_is_released_counts_as_what_it_became(parts: Parts, pipeline: Pipeline, quarantine: Quarantine) -> None:
    """Out of quarantine a message is an arrival like any other: pending, then a complaint; the sum stays."""
    pipeline.all()
    assert len(list(quarantine.release(QuarantineFilter(reason="unsigned"), "petugas-1", "token lama", NOW))) == 2
    seen = [parts.audit()]
    pipeline.all()
    seen.append(parts.audit())
    assert [(audit.clean, audit.accepted, audit.quarantined) for audit in seen] == [(True, 6, 1)] * 2
    assert [(audit.pending, audit.complaints) for audit in seen] == [(2, 2), (0, 4)]


def test_released_and_delivered_by_twilio_is_one(parts: Parts, pipeline: Pipeline, quarantine: Quarantine) -> None:
    """The webhook came again with a true signature, before or after: one arrival, delivered again."""
    body = b"MessageSid=SM1&From=%2B628000000051&Body=pohon+tumbang+1"
    true = accepted_record(parts.wrapper.wrap("sms", "SM1", "tel:+628000000051", body, NOW, records.FORM))
    pipeline.publish(true)
    list(quarantine.release(QuarantineFilter(), "petugas-1", "token lama", NOW))
    pipeline.publish(true)
    pipeline.all()
    audit = parts.audit()
    assert (audit.clean, audit.accepted, audit.quarantined, audit.delivered_again) == (True, 6, 0, 2)
    assert audit.accepted == audit.complaints + audit.not_complaints + audit.repeats


def test_a_release_that_went_nowhere_is_named(parts: Parts, pipeline: Pipeline, quarantine: Quarantine) -> None:
    """Said to be released, but on no topic: it is lost, by the id under which it was held."""
    pipeline.all()
    waiting = quarantine.undecided(QuarantineFilter(reason="malformed"))[0].raw
    told = OversightEvent(
        id=ids.event_id(waiting.id, "released"),
        message_id=ids.message_id("sms", "SM3"),
        at=NOW,
        event="released",
        subject=waiting.id,
        reason="x",
        actor="petugas-1",
    )
    pipeline.publish(Outgoing(OVERSIGHT, *codec.encode(told, str(waiting.id), "/test")))
    audit = parts.audit()
    assert texts_by_id(audit, "lost") == {str(waiting.id): "released from quarantine, but not on its topic"}
    assert (audit.accepted, audit.quarantined) == (6, 2)


def test_a_record_that_is_no_event_is_dead_not_lost(parts: Parts, pipeline: Pipeline) -> None:
    """Bytes without any of our headers are counted by their place, on the topic and among the dead letters alike."""
    pipeline.publish(Outgoing("raw-web", b"", b"garbage"))
    stopping = threading.Event()
    stage = make_normalizer(parts.engine, parts.sealer)
    names = tuple(f"raw-{channel}" for channel in ("web", "sms", "twitter", "mobile"))
    join = partial(parts.bus.consumer, Membership("normalize", "test", names))
    worker = threading.Thread(target=Worker("normalize", join, stage, "dead-normalize", stopping).run)
    worker.start()
    until = time.monotonic() + 20
    while parts.audit().dead == 0 and time.monotonic() < until:
        time.sleep(0.05)
    stopping.set()
    worker.join()
    assert (parts.audit().dead, texts_by_id(parts.audit(), "lost")) == (1, {})


def test_the_json_has_the_promised_names() -> None:
    """Scripts rely on them."""
    names = {"accepted", "complaints", "repeats", "joins", "not_complaints", "quarantined", "dead", "lost", "doubled"}
    assert names <= set(json.loads(json.dumps(Audit().as_json())))


def test_shapes_on_topics_decode(parts: Parts, pipeline: Pipeline) -> None:
    """What the stages publish is what the topic list promises."""
    pipeline.all()
    shapes = {topic.name: topic.shape for topic in parts.topics}
    reader = parts.bus.reader()
    records: list[Record] = list(reader.read(shapes))
    reader.close()
    decoded = [codec.decode(shape, r.value, r.headers) for r in records if (shape := shapes[r.topic])]
    assert {Complaint, Dispatch} <= {type(found) for found in decoded}
