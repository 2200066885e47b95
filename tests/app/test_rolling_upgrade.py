"""An upgrade that changes shapes: old and new programs write the same topics for a while, and nothing is lost.

The planted version 2 of every shape has `message_id` where version 1 had `arrival`. The installed program is of version
2 inside `version_2_installed`, else of version 1.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import select

from app.assembly.parts import Parts
from app.assembly.service import STAGE_RETRIES
from app.operations.masking import mask_record
from app.operations.tracing.report_trace import ReportTracer
from bench.generated.schemas import SHAPES
from bus.errors import Reject, Stop
from bus.port import Membership, Outgoing, Record
from bus.worker import Stage, Worker
from bus.worker_health import WorkerHealth
from config.database import write_transaction
from language.masking import MASK
from messages import codec, ids
from messages.codec import NewerVersionError
from messages.shapes import AgencyAnswer, Dispatch, RawMessage
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, REPLIES, agency_topic, dead_letter_topic
from router.store import RoutedDispatch
from tests.conftest import NOW
from tests.monitor.audit.test_audit import Pipeline
from tests.support import records
from tests.support.agency_answers import answer
from tests.support.case_stages import make_case_stage
from tests.support.dead_letters import DeadLetterDesk
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_reply_sink, make_router
from tests.support.waiting import wait_for

LONG_AGO = datetime(2000, 1, 1, tzinfo=NOW.tzinfo)
PHONE = "+628000000021"


def _from_version_1(content: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON of version 2. A quarantined message contains a raw message of the same version."""
    inner = {"raw": _from_version_1(content["raw"])} if "raw" in content else {}
    return {**{name: value for name, value in content.items() if name != "arrival"}, **inner} | {
        "message_id": content["arrival"]
    }


@contextmanager
def version_2_installed() -> Iterator[None]:
    """Let this process be the new program."""
    with pytest.MonkeyPatch.context() as patch:
        for shape in SHAPES:
            patch.setattr(shape, "version", 2)
            patch.setattr(shape, "upcasts", {1: _from_version_1})
        yield


def written_by_old(message: Outgoing) -> Outgoing:
    """Return the message as the old program writes it."""
    headers = tuple(
        (name, value.removesuffix(b"v2") + b"v1" if name == "ce_type" else value) for name, value in message.headers
    )
    content = json.loads(message.value)
    for part in (content, content.get("raw", {})):
        if "message_id" in part:
            part["arrival"] = part.pop("message_id")
    return Outgoing(message.topic, message.key, json.dumps(content).encode(), headers)


def every_second_by_old(messages: Sequence[Outgoing]) -> list[Outgoing]:
    """Return the messages of two instances of a stage: one is upgraded already."""
    return [written_by_old(message) if number % 2 else message for number, message in enumerate(messages)]


@pytest.fixture
def pipeline(parts: Parts) -> Iterator[Pipeline]:
    """The stages on the embedded bus."""
    running = Pipeline(parts)
    yield running
    running.producer.close()


def arrivals(parts: Parts) -> list[Outgoing]:
    """Return messages of four senders; the last is no complaint."""
    return [
        records.web(parts, "Kemenkes tolong"),
        records.sms(parts, "Kemenkes tolong, puskesmas tutup", PHONE, sid="SM1"),
        records.sms(parts, "Kemenkes tolong, puskesmas tutup", PHONE, sid="SM2"),
        records.web(parts, "sudah lama sekali begini"),
        records.sms(parts, "LAPOR", "+628000000022"),
    ]


def all_records(parts: Parts) -> list[Record]:
    """Return the records of every topic."""
    with closing(parts.bus.reader()) as reader:
        return list(reader.read([topic.name for topic in parts.topics]))


@pytest.mark.parametrize("old", [written_by_old, None], ids=["all by old programs", "by both"])
def test_new_readers_read_what_old_writers_write(
    parts: Parts, pipeline: Pipeline, old: Callable[[Outgoing], Outgoing] | None
) -> None:
    """Stages, audit and the views of operations read both versions alike: nothing is lost or a dead letter."""

    def spoil(outputs: Sequence[Outgoing]) -> list[Outgoing]:
        return list(map(old, outputs)) if old else every_second_by_old(outputs)

    with version_2_installed():
        messages = arrivals(parts)
        pipeline.publish(*spoil(messages))
        for group in ("normalize", "router", "cases"):
            pipeline.work(group, spoil)
        audit = parts.audit()
        assert audit.as_json()["named"] == {}
        assert (audit.accepted, audit.complaints, audit.repeats, audit.not_complaints) == (5, 3, 1, 1)
        assert (audit.pending, audit.dead) == (0, 0)
        on_bus = all_records(parts)
        assert any(record.header("ce_type").endswith("v1") for record in on_bus)
        numbers = [codec.decode(RawMessage, m.value, m.headers).tracking for m in messages[:4]]
        assert len(parts.ledger.statuses(numbers)) == 4
        assert all("message_id" in mask_record(record)["value"] for record in on_bus)
        with closing(parts.bus.reader()) as reader:
            groups = parts.consumer_groups.values()
            tracer = ReportTracer(reader, parts.engine, parts.channels.names, parts.queues, groups)
            kinds = [step.kind for step in tracer.trace(numbers[1], LONG_AGO)]
        assert "unreadable" not in kinds
        assert kinds[:3] == ["arrived", "complaint", "dispatched"]


def test_answers_and_refusals_of_old_programs_are_routed(parts: Parts, pipeline: Pipeline) -> None:
    """An old program's answer to an old program's dispatch moves the case, and the audit stays clean."""
    with version_2_installed():
        message, *_ = arrivals(parts)
        pipeline.publish(written_by_old(message))
        for group in ("normalize", "router", "cases"):
            pipeline.work(group, lambda outputs: list(map(written_by_old, outputs)))
        with write_transaction(parts.engine) as connection:
            # The old router stored the dispatch.
            stored = connection.execute(select(RoutedDispatch.dispatch)).scalar_one()
            renamed = stored.replace('"message_id"', '"arrival"')
            connection.execute(update(RoutedDispatch).values(dispatch=renamed, shape_version=1))
        number = codec.decode(RawMessage, message.value, message.headers).tracking
        answer(parts, number, "refused", "bukan kami", "bumn-pln")
        (answered,) = (record for record in all_records(parts) if record.topic == AGENCY_ANSWERS)
        old_answer = written_by_old(Outgoing(answered.topic, answered.key, answered.value, answered.headers))
        pipeline.publish(old_answer)
        pipeline.work("router")
        pipeline.work("cases")
        queue = [record for record in all_records(parts) if record.topic == agency_topic("bumn-pln")]
        assert [codec.decode(Dispatch, r.value, r.headers).hop for r in queue] == [1]
        assert parts.audit().as_json()["named"] == {}


def test_a_dead_letter_of_an_old_program_is_redriven(parts: Parts, pipeline: Pipeline) -> None:
    """The new program redrives it in the current version, and it becomes a complaint."""
    desk = DeadLetterDesk(parts.bus, parts.sealer, parts.topics, parts.engine)
    with version_2_installed():
        message, *_ = arrivals(parts)
        pipeline.publish(written_by_old(message))
        desk.reject(Reject("unexpected_type", "ce_type"), message.topic)
        assert [step.reason for step in desk.redrive()] == [""]
        for group in ("normalize", "router", "cases"):
            pipeline.work(group)
        audit = parts.audit()
        assert audit.as_json()["named"] == {}
        assert (audit.complaints, audit.dead) == (1, 0)
        assert desk.undecided() == []


def newer_records(parts: Parts) -> list[Record]:
    """Return one record of each topic that a stage reads, as the new program writes it."""
    with version_2_installed():
        message = records.sms(parts, "Kemenkes tolong", PHONE, sid="SM1")
        (complaint,) = make_normalizer(parts.engine, parts.sealer).handle([at(message)])
        router = make_router(parts.engine, fixed_rules_source(parts.settings.reference_folder), lambda: NOW)
        outputs = router.handle([at(complaint)])
    return [at(output) for output in (message, complaint, *outputs)]


def test_an_old_reader_waits_for_the_new_program(parts: Parts) -> None:
    """A record of a newer version is no dead letter: every stage that reads it waits, which the worker calls a retry.

    Views show that they cannot read it, and nothing of its content.
    """
    readers: dict[str, Sequence[Stage]] = {
        "raw-sms": [make_normalizer(parts.engine, parts.sealer)],
        COMPLAINTS: [
            make_router(parts.engine, fixed_rules_source(parts.settings.reference_folder), lambda: NOW),
            make_case_stage(parts.engine),
            make_reply_sink(parts.engine),
        ],
        REPLIES: [make_reply_sink(parts.engine)],
    }
    newer = newer_records(parts)
    assert {record.topic for record in newer} == {*readers, agency_topic("kementerian-kemenkes")}
    for record in newer:
        for stage in readers.get(record.topic, [make_case_stage(parts.engine)]):
            with pytest.raises(NewerVersionError, match="of version 2, and this program reads version 1"):
                stage.handle([record])
        assert mask_record(record)["value"] == MASK


def test_a_worker_waits_until_the_new_program_is_installed(parts: Parts, pipeline: Pipeline) -> None:
    """It keeps the record, names the cause, and goes on as soon as it can read it."""
    with version_2_installed():
        pipeline.publish(records.sms(parts, "Kemenkes tolong", PHONE, sid="SM1"))
    stopping, health = threading.Event(), WorkerHealth(time.monotonic)
    membership = Membership("normalize", "test", ("raw-sms",))
    worker = threading.Thread(
        target=Worker(
            "normalize",
            lambda: parts.bus.consumer(membership),
            make_normalizer(parts.engine, parts.sealer),
            dead_letter_topic("normalize"),
            stopping,
            time.monotonic,
            transient=STAGE_RETRIES,
            worker_health=health,
        ).run
    )
    worker.start()
    try:
        wait_for(lambda: "install the newer version" in health.waits_for)
        assert [record.topic for record in all_records(parts)] == ["raw-sms"]
        with version_2_installed():
            wait_for(lambda: health.worked == 1)
    finally:
        stopping.set()
        worker.join()
    assert {record.topic for record in all_records(parts)} == {"raw-sms", COMPLAINTS}


def test_an_old_audit_does_not_count(parts: Parts, pipeline: Pipeline) -> None:
    """It says what to do instead of calling messages lost."""
    with version_2_installed():
        pipeline.publish(*arrivals(parts))
        pipeline.all()
        assert parts.audit().clean
    with pytest.raises(Stop, match="install the newer version"):
        parts.audit()


def test_a_newer_answer_is_a_dead_letter(parts: Parts) -> None:
    """Programs of agencies write answers. A wrong header of one of them must not stop the answers of all."""
    complaint_id = ids.complaint_id(UUID(int=7))
    dispatch_id = ids.dispatch_id(complaint_id, 0)
    answer_ = AgencyAnswer(
        id=ids.answer_id(dispatch_id, "closed", ""),
        message_id=UUID(int=7),
        at=NOW,
        complaint_id=complaint_id,
        dispatch_id=dispatch_id,
        agency="kota-3374",
        verdict="closed",
    )
    with version_2_installed():
        encoded = codec.encode(answer_, str(complaint_id), "/agency/kota-3374")
    router = make_router(parts.engine, fixed_rules_source(parts.settings.reference_folder), lambda: NOW)
    with pytest.raises(Reject, match="newer_version"):
        router.handle([at(Outgoing(AGENCY_ANSWERS, *encoded))])
