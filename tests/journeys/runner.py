"""Runs one arrival through the stages as values. A stage gets the content of a numbered file and returns the next."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from bus.port import Outgoing, Record
from cases.facts.tables import ComplaintFact, DispatchFact
from config.database import write_transaction
from config.reference.classification_phrases import load_classification_rows
from config.reference.duplicate_weights import load_duplicate_weights
from config.reference.open311_services import load_open311_services
from config.reference.reloading import Source
from ingest.arrival import Arrival
from ingest.counter import adapter as counter
from ingest.mobile import adapter as mobile
from ingest.mobile.devices import Device, device_hash
from ingest.mobile.tokens import Tokens
from ingest.smpp.adapter import SmppAdapter
from ingest.smpp.part_store import SmsPart
from ingest.smpp.pdu import parse_deliver_sm
from ingest.sms.adapter import QuarantinedSms, SmsAdapter
from ingest.twitter.adapter import TwitterAdapter, posts_of_page
from ingest.web import adapter as web
from ingest.web.open311 import adapter as open311
from ingest.wrap import Wrapper, accepted_record, quarantine_record
from messages.sealing import Sealer
from messages.shapes import RawMessage
from messages.topics import OVERSIGHT
from normalize.conversation.conversation import Conversation, TraitsReaderSource
from normalize.duplicates.factory import DuplicateDetection
from normalize.stage import NormalizeStage
from pages.refusals import Refused
from router.rules import Rules
from tests.ingest.smpp import smsc
from tests.support.case_stages import make_case_stage
from tests.support.deadlines import DEADLINES
from tests.support.fixed_source import FixedSource
from tests.support.rules import language_of
from tests.support.stages import make_classifier, make_normalizer, make_router

PUBLIC_URL = "https://lapor.example"
TWILIO_TOKEN = "twilio-test"
_FRESH = uuid.UUID("00000000-0000-4000-8000-00000000f4e5")
_DEVICE_KEY = b"a key of these journeys, no other"
_SERVICES = load_open311_services()
_LANGUAGE = language_of()
_REGIONS = _LANGUAGE.regions
_MATCHER = DuplicateDetection(_LANGUAGE, load_duplicate_weights(), b"journeys").matcher
_CLASSIFIER = make_classifier(load_classification_rows())


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages under test. `now` always returns the same time."""

    wrapper: Wrapper
    sealer: Sealer
    engine: Engine
    rules: Source[Rules]
    now: Callable[[], datetime]

    def door(self, arrival: Path) -> tuple[str, Any]:
        """Return the name of the next file and its content: a record, or the refusal."""
        start, headers, body = _http(arrival)
        try:
            if start.startswith("HTTP/"):
                adapter = TwitterAdapter(self.wrapper, "1708")
                return "1-raw", accepted_record(adapter.accept(posts_of_page(json.loads(body))[0], self.now()))
            request = Arrival(start.split()[1], headers, body, self.now())
            if request.target.partition("?")[0] == "/sms/twilio":
                return self._twilio(request)
            return "1-raw", accepted_record(self._raw_message(request))
        except Refused as refused:
            return "1-refused", _refusal(refused)

    def _twilio(self, request: Arrival) -> tuple[str, Outgoing]:
        sms = SmsAdapter(self.wrapper, PUBLIC_URL, [TWILIO_TOKEN]).accept(request)
        if isinstance(sms, QuarantinedSms):
            return "1-held", quarantine_record(self.wrapper.seal(sms.message), sms.reason)
        return "1-raw", accepted_record(self.wrapper.seal(sms.message))

    def _raw_message(self, request: Arrival) -> RawMessage:
        if request.target.startswith("/open311/"):
            return self.wrapper.seal(open311.accept(request, self.wrapper, _SERVICES.by_code, "", _FRESH).message)
        accept_by_target = {
            "/mobile/v1/reports": self._report_without_token,
            "/mobile/v1/outbox": self._first_report,
            "deliver_sm": self._join_parts,
            "/desk/loket": self._counter_report,
        }
        if accept := accept_by_target.get(request.target):
            return accept(request)
        return self.wrapper.seal(web.accept(request, self.wrapper, _FRESH, _REGIONS))

    def _counter_report(self, request: Arrival) -> RawMessage:
        return self.wrapper.seal(counter.accept(request, self.wrapper, _REGIONS))

    def refused_item(self, arrival: Path) -> dict[str, Any] | None:
        """Return the refusal of the first invalid item of an outbox. Its other items are accepted."""
        start, headers, body = _http(arrival)
        if not start.startswith("POST /mobile/v1/outbox "):
            return None
        items = self._items(Arrival("/mobile/v1/outbox", headers, body, self.now()))
        contents = [item.report_or_refusal for item in items]
        return next((_refusal(content) for content in contents if isinstance(content, Refused)), None)

    def _items(self, request: Arrival) -> list[mobile.BatchItem]:
        return mobile.read_batch(request.body, self._device(request).id, _REGIONS)

    def _first_report(self, request: Arrival) -> RawMessage:
        """Return the raw message of the first valid item of a batch."""
        contents = [item.report_or_refusal for item in self._items(request)]
        report = next(content for content in contents if isinstance(content, mobile.DeviceReport))
        thread, device = report.submission.client_id, self._device(request)
        return self.wrapper.seal(mobile.wrap(report, self.wrapper, self.now(), device, thread, ()))

    def _report_without_token(self, request: Arrival) -> RawMessage:
        report = mobile.read_report(request, _REGIONS)
        thread = report.submission.client_id
        return self.wrapper.seal(mobile.wrap(report, self.wrapper, request.at, None, thread, ()))

    def _device(self, request: Arrival) -> Device:
        """Return the device that the token belongs to. It registered with a push token."""
        token = request.headers["authorization"].removeprefix("Bearer ")
        device = Tokens(_DEVICE_KEY).read(token, self.now()).device_id
        return Device(device, device_hash(device, self.wrapper), "push-token-of-a-phone")

    def _join_parts(self, request: Arrival) -> RawMessage:
        """Return the message of the SMPP parts, which arrive in any order."""
        delivered = json.loads(request.body)
        adapter = SmppAdapter(self.wrapper, self.sealer)
        pdus = [
            smsc.pdu(smsc.part(part["text"].encode(), part["part"], part["of"], source_addr=delivered["from"]))
            for part in delivered["parts"]
        ]
        parts = sorted((adapter.build_part(parse_deliver_sm(pdu)) for pdu in pdus), key=lambda part: part.number)
        at = self.now()
        return adapter.join_parts([SmsPart(opened=at, at=at, due=None, **asdict(part)) for part in parts]).raw

    def normalizer(self) -> NormalizeStage:
        """Return a normalizer."""
        return make_normalizer(self.engine, self.sealer, _SERVICES.names, _REGIONS, _MATCHER, _CLASSIFIER)

    def attaching_normalizer(self) -> NormalizeStage:
        """Return a normalizer that attaches a sender's short SMS to the sender's own reports."""
        conversation = Conversation(TraitsReaderSource(FixedSource(_LANGUAGE)), {"sms"}, DEADLINES.may_object)
        return make_normalizer(self.engine, self.sealer, matcher=_MATCHER, conversation=conversation)

    def normalize(self, raw: Outgoing) -> tuple[str, Outgoing, list[Outgoing]]:
        """Return the name of the next file, the complaint or the oversight event, and the replies."""
        stage = self.normalizer()
        output, *replies = stage.handle([record_of(raw)])
        return ("2-set-aside" if output.topic == OVERSIGHT else "2-complaint"), output, replies

    def deliver(self, raws: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Return the normalizer's output for several deliveries, each with its own record."""
        stage = self.normalizer()
        return stage.handle([replace(record_of(raw), offset=number) for number, raw in enumerate(raws)])

    def route(self, complaint: Outgoing) -> tuple[Outgoing, list[Outgoing]]:
        """Return the dispatch and the replies."""
        output, *replies = make_router(self.engine, self.rules, self.now).handle([record_of(complaint)])
        return output, replies

    def record(self, messages: Sequence[Outgoing]) -> list[dict[str, Any]]:
        """Return the ledger's rows after these messages."""
        make_case_stage(self.engine).handle([record_of(message) for message in messages])
        ledger_rows: list[dict[str, Any]] = []
        with write_transaction(self.engine) as connection:
            for table in (ComplaintFact, DispatchFact):
                rows = connection.execute(select(SQLModel.metadata.tables[str(table.__tablename__)])).mappings()
                ledger_rows += [{"table": table.__tablename__, **row} for row in rows]
        return ledger_rows


def _refusal(refused: Refused) -> dict[str, Any]:
    faults = {error.field: error.detail for error in refused.field_errors}
    return {"status": refused.status, "reason": refused.reason, "faults": faults}


def record_of(message: Outgoing) -> Record:
    """Return the message as a record of the bus."""
    return Record(message.topic, 0, 0, 0, message.key, message.value, message.headers)


def as_text(content: Outgoing | dict[str, Any] | list[dict[str, Any]]) -> str:
    """Return the text of a numbered file: a record's topic, key, headers and value, or plain JSON."""
    if isinstance(content, Outgoing):
        headers = {name: value.decode() for name, value in content.headers}
        content = {
            "topic": content.topic,
            "key": content.key.decode(),
            "headers": headers,
            "value": json.loads(content.value),
        }
    return json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"


def from_text(text: str) -> Outgoing:
    """Return the record in a numbered file."""
    fields = json.loads(text)
    headers = tuple((name, value.encode()) for name, value in fields["headers"].items())
    value = json.dumps(fields["value"], ensure_ascii=False).encode()
    return Outgoing(fields["topic"], fields["key"].encode(), value, headers)


def private_values(arrival: Path) -> list[str]:
    """Return the values of the arrival that may tell who sent it: those with more than five characters."""
    body = arrival.read_text().partition("\n\n")[2].strip()
    try:
        values = list(_leaves(json.loads(body)))
    except ValueError:
        values = [value for _, value in parse_qsl(body)]
    return [value for value in values if len(value) > 5 and not value.startswith(("2026-", "SM"))]


def _leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value] if isinstance(value, str) else []


def _http(path: Path) -> tuple[str, dict[str, str], bytes]:
    """Return the first line, the headers (names in lower case) and the body of a recorded request or response."""
    head, _, body = path.read_bytes().partition(b"\n\n")
    start, *lines = head.decode().splitlines()
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return start, headers, body.removesuffix(b"\n")
