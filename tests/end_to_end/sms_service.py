"""The doors for SMS and the stages behind them in one process, on the embedded bus, with a clock that a test sets."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree as ET

import requests
from twilio.request_validator import RequestValidator

from app.assembly import http
from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from app.assembly.queues import membership
from app.operations.agency_answers import AgencyAnswers
from bus.local.bus import LocalBus
from bus.port import Record
from bus.worker import Stage
from config.settings import Settings
from messages import codec, topics
from messages.shapes import Complaint, RawMessage
from monitor.health import ProcessHealth
from router.stage import RouterStage
from sinks.ledger.sink import LedgerSink
from tests.conftest import NOW
from tests.ingest.door_client import DoorServer
from tests.support.prepared_parts import create_topics, migrate_database

TOKEN = "twilio-test"
_PATIENCE_SECONDS = 30.0
_BATCH = 500


class MovedClock:
    """A clock that moves only as a test says."""

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> datetime:
        """Return the time."""
        return self._now

    def seconds(self) -> float:
        """Return the time in seconds of the epoch."""
        return self._now.timestamp()

    def wait(self, minutes: float) -> None:
        """Let time pass."""
        self._now += timedelta(minutes=minutes)


class SmsService:
    """A running service with its clock."""

    def __init__(self, parts: Parts, stages: Mapping[str, Stage], port: int, clock: MovedClock) -> None:
        self.parts = parts
        self._stages = stages
        self._address = f"http://127.0.0.1:{port}"
        self.clock = clock

    def send(self, text: str, phone: str) -> tuple[RawMessage, str]:
        """Send an SMS as Twilio does. Return the raw message and the answer, "" for none; then run the stages."""
        fields = {"MessageSid": f"SM{uuid4().hex}", "From": phone, "To": "1708", "Body": text, "NumMedia": "0"}
        signature = RequestValidator(TOKEN).compute_signature(f"{self.parts.settings.reached_at}/sms/twilio", fields)
        response = requests.post(
            f"{self._address}/sms/twilio",
            data=fields,
            headers={"X-Twilio-Signature": signature},
            timeout=_PATIENCE_SECONDS,
        )
        response.raise_for_status()
        answer = ET.fromstring(response.content).findtext("Message") or ""  # noqa: S314 - our own door's answer
        self.run_stages()
        return self._raw_message(fields["MessageSid"]), answer

    def answer(self, number: str, verdict: str, text: str) -> None:
        """Let the institution that holds a case answer; then run the stages."""
        parts = self.parts
        answers = AgencyAnswers(parts.engine, parts.bus, parts.registry, parts.audit_log, parts.answer_keys)
        answers.publish(number, verdict, text, None, self.clock.now(), "petugas-1")
        self.run_stages()

    def complaint_of(self, raw: RawMessage) -> Complaint | None:
        """Return the complaint that a message has become; `None` if it is none."""
        complaints = (codec.decode(Complaint, record.value, record.headers) for record in self._records("complaints"))
        return next((complaint for complaint in complaints if complaint.message_id == raw.id), None)

    def _raw_message(self, provider_id: str) -> RawMessage:
        records = self._records(topics.raw_topic("sms"))
        messages = (codec.decode(RawMessage, record.value, record.headers) for record in records)
        return next(message for message in messages if message.provider_id == provider_id)

    def run_stages(self) -> None:
        """Let each stage work until nothing is left to do."""
        has_worked = True
        while has_worked:
            results = [self._work(name, stage) for name, stage in self._stages.items()]
            has_worked = any(results)

    def _work(self, name: str, stage: Stage) -> bool:
        """Process what a group has not processed yet. Return whether there was anything."""
        group = self.parts.consumer_groups[name]
        consumer = self.parts.bus.consumer(membership(self.parts.bus, group, "dialogues", self.parts.queues))
        has_worked = False
        try:
            while records := consumer.poll(0.0, _BATCH):
                consumer.commit(stage.handle(records))
                has_worked = True
        finally:
            consumer.close()
        return has_worked

    def _records(self, topic: str) -> Sequence[Record]:
        reader = self.parts.bus.reader()
        try:
            return list(reader.read([topic]))
        finally:
            reader.close()


@contextmanager
def running_sms_service(settings: Settings, tables: Path, templates: Path) -> Iterator[SmsService]:
    """Run the service until the block ends."""
    with ExitStack() as stack:
        host = DoorServer()
        stack.enter_context(host.serving())
        parts = Parts(Settings.model_validate(settings.model_dump() | {"port": host.port}), CHANNELS)
        stack.callback(parts.engine.dispose)
        stack.callback(parts.audit_heads.close)
        migrate_database(parts, tables)
        create_topics(parts, templates)
        clock = MovedClock()
        parts.now = clock.now
        vars(parts)["bus"] = LocalBus(settings.home / "bus.db", clock.seconds)
        service = SmsService(parts, _stages(parts), host.port, clock)
        producer = parts.bus.producer()
        stack.callback(producer.close)
        pulse = ProcessHealth()
        pulse.started.set()
        host.app = http.build(parts, producer, pulse, http_doors(parts))
        yield service


def _stages(parts: Parts) -> Mapping[str, Stage]:
    router = RouterStage(
        parts.engine, parts.reloading_rules, parts.now, parts.channels, parts.answer_check, parts.link_of
    )
    ledger = LedgerSink(
        parts.engine, parts.channels.names, parts.answer_check, lambda: parts.registry.institutions, None
    )
    return {"normalize": parts.normalizer, "router": router, "ledger": ledger}
