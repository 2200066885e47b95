"""The audit counts the outcome of every message of real stages, and finds planted faults."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest

from app.assembly.channels import CHANNELS, DIRECTORY
from app.assembly.parts import Parts
from app.operations.forgetting.forgetting import Forgetting
from app.operations.review.quarantine import Quarantine, QuarantineFilter
from app.surroundings import system_surroundings
from bus.port import Membership, Outgoing, Record
from bus.worker import Stage, Worker
from ingest.wrap import accepted_record, quarantine_record
from messages import codec, ids
from messages.shapes import MERGED, Complaint, Dispatch, OversightEvent, Relation
from messages.topics import COMPLAINTS, CORRECTIONS, OVERSIGHT
from monitor.audit.audit import Audit
from monitor.audit.auditor import Auditor
from router.audited_router import SqlRouter
from tests.conftest import NOW
from tests.journeys.test_journeys import REGISTRY
from tests.support import records
from tests.support.arrival_ids import arrival_id
from tests.support.audit_faults import texts_by_id
from tests.support.case_stages import make_case_stage
from tests.support.records import value_of
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_router
from tests.support.written_bus import PlantedLedger


class Pipeline:
    """Runs the stages on the embedded bus, one batch at a time. `spoil` changes the records that a stage publishes."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.producer = parts.bus.producer()

    def publish(self, *messages: Outgoing) -> None:
        """Publish records like a door."""
        self.producer.publish(messages)

    def work(self, group: str, spoil: object = None) -> list[Outgoing]:
        """Let one stage process all waiting records."""
        raw = tuple(f"raw-{channel}" for channel in ("web", "sms", "twitter", "mobile"))
        stages: dict[str, tuple[Stage, tuple[str, ...]]] = {
            "normalize": (make_normalizer(self.parts.engine, self.parts.sealer), raw),
            "router": (
                make_router(
                    self.parts.engine,
                    fixed_rules_source(self.parts.settings.reference_folder),
                    lambda: NOW,
                    self.parts.keys.answer_check,
                ),
                (COMPLAINTS, "agency-answers", CORRECTIONS),
            ),
            "cases": (
                make_case_stage(self.parts.engine, self.parts.keys.answer_check),
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
        """Run all stages."""
        for group in ("normalize", "router", "cases"):
            self.work(group)


@pytest.fixture
def pipeline(parts: Parts) -> Iterator[Pipeline]:
    """Yield a pipeline with three accepted messages."""
    running = Pipeline(parts)
    running.publish(
        records.web(parts, "Kemenkes tolong"),
        records.sms(parts, "sudah lama sekali begini", "+628000000021"),
        records.sms(parts, "LAPOR", "+628000000022"),
    )
    yield running
    running.producer.close()


def test_every_accepted_message_has_one_outcome(parts: Parts, pipeline: Pipeline) -> None:
    """The numbers of outcomes add up to the accepted messages."""
    pipeline.all()
    audit = parts.audit()
    assert audit.clean
    assert (audit.accepted, audit.complaints, audit.not_complaints, audit.pending) == (3, 2, 1, 0)
    assert (audit.at_agencies, audit.at_triage) == (1, 1)


def test_an_unprocessed_message_is_pending(parts: Parts, pipeline: Pipeline) -> None:
    """It is neither lost nor finished."""
    pending = []
    for group in ("normalize", "router", "cases"):
        audit = parts.audit()
        assert audit.clean
        pending.append(audit.pending)
        pipeline.work(group)
    assert [*pending, parts.audit().pending] == [3, 2, 2, 0]


def test_a_second_delivery_is_no_double(parts: Parts, pipeline: Pipeline) -> None:
    """A message that the provider sent twice is counted as delivered again."""
    message = records.sms(parts, "PJU padam", "+628000000023", sid="SM7")
    pipeline.publish(message, message)
    pipeline.all()
    audit = parts.audit()
    assert (audit.accepted, audit.delivered_again, audit.clean) == (4, 1, True)


def test_a_replay_of_forgotten_messages_is_no_difference(parts: Parts, pipeline: Pipeline) -> None:
    """They were complaints or set aside; read again, they are set aside as forgotten."""
    pipeline.all()
    forgetting = Forgetting(
        parts.engine, parts.keys.key_store, parts.wrapper.sender_hash, parts.sealer, lambda: NOW, ()
    )
    with closing(parts.bus.reader()) as reader:
        arrivals = list(reader.read(["raw-web", "raw-sms"]))
    for arrival in arrivals:
        forgetting.forget(arrival.key.decode(), NOW, "officer")
    events = make_normalizer(parts.engine, parts.sealer).handle(arrivals)
    assert [value_of(event)["reason"] for event in events] == ["forgotten"] * 3
    pipeline.publish(*events)
    audit = parts.audit()
    assert (audit.clean, audit.complaints, audit.not_complaints) == (True, 2, 1)


def test_a_dead_letter_is_an_outcome(parts: Parts, pipeline: Pipeline) -> None:
    """An unreadable message is neither lost nor a complaint."""
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


def _separate(outputs: list[Outgoing], *, own_case: bool = False, **relation: object) -> list[Outgoing]:
    """Relate one complaint to the one at triage, but send it to another agency."""
    queued = [output for output in outputs if output.topic.startswith("agency-")]
    dispatches = {output.topic: codec.decode(Dispatch, output.value, output.headers) for output in queued}
    new_relation = Relation.model_validate(
        {"kind": "repeat", "of": dispatches["agency-triage"].complaint_id, **relation}
    )
    changes = {"agency": "bumn-pln", "relation": new_relation, "own_case": own_case}
    moved = dispatches["agency-kementerian-kemenkes"].model_copy(update=changes)
    unchanged = [output for output in outputs if output.topic != "agency-kementerian-kemenkes"]
    return [Outgoing("agency-bumn-pln", *codec.encode(moved, "", "/test")), *unchanged]


@pytest.mark.parametrize(
    ("group", "spoil", "kind", "expected_text"),
    [
        ("normalize", _drop, "lost", "accepted, but without an outcome"),
        ("normalize", _double, "doubled", "complaint published twice"),
        ("router", _drop, "lost", "complaint in no agency's queue"),
        ("router", _double, "doubled", "hop 0 dispatched twice"),
        ("router", _misfile, "misfiled", "but in agency-bumn-pln"),
        ("router", _separate, "misfiled", "at bumn-pln, but belongs to what is at triage"),
        ("router", partial(_separate, own_case=True), "misfiled", "at bumn-pln, but belongs to what is at triage"),
        ("router", partial(_separate, kind="joins"), "misfiled", "at bumn-pln, but belongs to what is at triage"),
        ("router", partial(_separate, kind="joins", own_case=True, evidence=(MERGED,)), "misfiled", "at bumn-pln, but"),
    ],
)
def test_a_planted_fault_is_listed(
    parts: Parts, pipeline: Pipeline, group: str, spoil: object, kind: str, expected_text: str
) -> None:
    """Its difference has the expected kind and text."""
    for stage in ("normalize", "router", "cases"):
        pipeline.work(stage, spoil if stage == group else None)
    audit = parts.audit()
    assert not audit.clean
    (text,) = texts_by_id(audit, kind).values()
    assert expected_text in text
    assert {entry["difference"] for entry in audit.as_json()["differences"]} == {kind}  # type: ignore[attr-defined]


def test_a_join_may_be_a_case_of_its_own(parts: Parts, pipeline: Pipeline) -> None:
    """It may be at the agency that its own text leads to. That is no difference."""
    pipeline.work("normalize")
    pipeline.work("router", partial(_separate, kind="joins", own_case=True))
    pipeline.work("cases")
    audit = parts.audit()
    assert (audit.clean, audit.at_agencies, audit.at_triage) == (True, 1, 1)


def test_a_missing_ledger_row_is_listed(parts: Parts, pipeline: Pipeline) -> None:
    """Its citizen would find no complaint under the tracking number."""
    pipeline.all()
    reader = parts.bus.reader()
    audit = Auditor(reader, DIRECTORY.names, parts.queues, PlantedLedger(), SqlRouter(parts.engine), NOW).run(NOW)
    reader.close()
    assert audit.counts == {"not_recorded": 2, "dispatch_not_recorded": 2}


def test_the_queue_of_a_removed_agency_is_audited(parts: Parts, pipeline: Pipeline) -> None:
    """An agency that was removed from the registry may still have cases in its queue."""
    pipeline.all()
    smaller = Parts(parts.settings.model_copy(update={"reference_folder": REGISTRY}), CHANNELS, system_surroundings())
    assert "agency-kementerian-kemenkes" in {topic.name for topic in parts.topics}
    audit = smaller.audit()
    assert (audit.clean, audit.at_agencies, audit.at_triage) == (True, 1, 1)
    smaller.engine.dispose()


@pytest.fixture
def quarantine(parts: Parts, pipeline: Pipeline) -> Quarantine:
    """Return a quarantine with three messages, one of them for two reasons."""
    for number, reason in ((1, "unsigned"), (1, "bad_signature"), (2, "unsigned"), (3, "malformed")):
        body = f"MessageSid=SM{number}&From=%2B62800000005{number}&Body=pohon+tumbang+{number}".encode()
        raw = parts.wrapper.wrap("sms", f"held:{number}", "", body, NOW, records.FORM)
        pipeline.publish(quarantine_record(raw, reason))
    return Quarantine(parts.bus, parts.wrapper, parts.sealer, parts.audit_log)


def test_quarantine_is_an_outcome(parts: Parts, pipeline: Pipeline, quarantine: Quarantine) -> None:
    """Each quarantined message counts once, dropped or undecided."""
    pipeline.all()
    list(quarantine.drop(QuarantineFilter(reason="malformed"), "petugas-1", "palsu", NOW))
    audit = parts.audit()
    assert (audit.clean, audit.accepted, audit.quarantined) == (True, 6, 3)


def test_a_released_message_counts_as_its_outcome(parts: Parts, pipeline: Pipeline, quarantine: Quarantine) -> None:
    """It is pending, then a complaint. The sum does not change."""
    pipeline.all()
    assert len(list(quarantine.release(QuarantineFilter(reason="unsigned"), "petugas-1", "token lama", NOW))) == 2
    audits = [parts.audit()]
    pipeline.all()
    audits.append(parts.audit())
    assert [(audit.clean, audit.accepted, audit.quarantined) for audit in audits] == [(True, 6, 1)] * 2
    assert [(audit.pending, audit.complaints) for audit in audits] == [(2, 2), (0, 4)]


def test_a_released_message_may_be_delivered_again(parts: Parts, pipeline: Pipeline, quarantine: Quarantine) -> None:
    """The webhook came again with a valid signature, before and after the release: one arrival, delivered again."""
    body = b"MessageSid=SM1&From=%2B628000000051&Body=pohon+tumbang+1"
    valid = accepted_record(parts.wrapper.wrap("sms", "SM1", "tel:+628000000051", body, NOW, records.FORM))
    pipeline.publish(valid)
    list(quarantine.release(QuarantineFilter(), "petugas-1", "token lama", NOW))
    pipeline.publish(valid)
    pipeline.all()
    audit = parts.audit()
    assert (audit.clean, audit.accepted, audit.quarantined, audit.delivered_again) == (True, 6, 0, 2)
    assert audit.accepted == audit.complaints + audit.not_complaints + audit.repeats


def test_a_release_without_an_arrival_is_listed(parts: Parts, pipeline: Pipeline, quarantine: Quarantine) -> None:
    """The message is lost. The difference has the id of the quarantined message."""
    pipeline.all()
    waiting = quarantine.undecided(QuarantineFilter(reason="malformed"))[0].raw
    event = OversightEvent(
        id=ids.event_id(waiting.id, "released"),
        message_id=arrival_id("sms", "SM3"),
        at=NOW,
        event="released",
        subject=waiting.id,
        reason="x",
        actor="petugas-1",
    )
    pipeline.publish(Outgoing(OVERSIGHT, *codec.encode(event, str(waiting.id), "/test")))
    audit = parts.audit()
    assert texts_by_id(audit, "lost") == {str(waiting.id): "released by a person, but not on its topic"}
    assert (audit.accepted, audit.quarantined) == (6, 2)


def test_a_record_without_headers_is_a_dead_letter(parts: Parts, pipeline: Pipeline) -> None:
    """It is identified by its position, on its topic and among the dead letters."""
    pipeline.publish(Outgoing("raw-web", b"", b"garbage"))
    stopping = threading.Event()
    stage = make_normalizer(parts.engine, parts.sealer)
    names = tuple(f"raw-{channel}" for channel in ("web", "sms", "twitter", "mobile"))
    join = partial(parts.bus.consumer, Membership("normalize", "test", names))
    worker = threading.Thread(target=Worker("normalize", join, stage, "dead-normalize", stopping, time.monotonic).run)
    worker.start()
    deadline = time.monotonic() + 20
    while parts.audit().dead == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    stopping.set()
    worker.join()
    assert (parts.audit().dead, texts_by_id(parts.audit(), "lost")) == (1, {})


def test_the_json_has_the_documented_keys() -> None:
    """Scripts use them."""
    names = {"accepted", "complaints", "repeats", "joins", "not_complaints", "quarantined", "dead", "lost", "doubled"}
    assert names <= set(json.loads(json.dumps(Audit().as_json())))


def test_published_records_have_the_shape_of_their_topic(parts: Parts, pipeline: Pipeline) -> None:
    """The topic list names the shape of each topic."""
    pipeline.all()
    shapes = {topic.name: topic.shape for topic in parts.topics}
    reader = parts.bus.reader()
    records: list[Record] = list(reader.read(shapes))
    reader.close()
    decoded = [codec.decode(shape, r.value, r.headers) for r in records if (shape := shapes[r.topic])]
    assert {Complaint, Dispatch} <= {type(found) for found in decoded}
