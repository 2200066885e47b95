"""Takes one arrival through the stages as values: bytes in, the next numbered file out."""

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
from config.database import write_transaction
from config.reference.classification_phrases import load_classification_rows
from config.reference.duplicate_weights import load_duplicate_weights
from config.reference.open311_services import load_open311_services
from config.reference.reloading import Source
from ingest.arrival import Arrival, Refused
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
from normalize.duplicates.factory import DuplicateDetection
from router.rules import Rules
from sinks.ledger.tables import ComplaintRow, DispatchRow
from tests.ingest.smpp import smsc
from tests.support.rules import language_of
from tests.support.stages import make_classifier, make_ledger_sink, make_normalizer, make_router

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
    """The stages under test, with a clock that stands still."""

    wrapper: Wrapper
    sealer: Sealer
    engine: Engine
    rules: Source[Rules]
    now: Callable[[], datetime]

    def door(self, arrival: Path) -> tuple[str, Any]:
        """What the door makes of the arrival: the name of the next file, and what stands in it."""
        start, headers, body = _http(arrival)
        try:
            if start.startswith("HTTP/"):
                adapter = TwitterAdapter(self.wrapper, "1708")
                return "1-raw", accepted_record(adapter.accept(posts_of_page(json.loads(body))[0], self.now()))
            target = start.split()[1]
            request = Arrival(target, headers, body, self.now())
            if target.partition("?")[0] == "/sms/twilio":
                found = SmsAdapter(self.wrapper, PUBLIC_URL, [TWILIO_TOKEN]).accept(request)
                if isinstance(found, QuarantinedSms):
                    return "1-held", quarantine_record(found.raw, found.reason)
                return "1-raw", accepted_record(found.raw)
            if target == "/mobile/v1/reports":
                raw = self._report_without_token(request)
            elif target == "/mobile/v1/outbox":
                raw = self._first_report(request)
            elif target == "deliver_sm":
                raw = self._joined(json.loads(body))
            elif target.startswith("/open311/"):
                raw = open311.accept(request, self.wrapper, _SERVICES.by_code, "", _FRESH).raw
            else:
                raw = web.accept(request, self.wrapper, _FRESH, _REGIONS)
            return "1-raw", accepted_record(raw)
        except Refused as refused:
            return "1-refused", _told(refused)

    def turned_away(self, arrival: Path) -> dict[str, Any] | None:
        """Of an outbox what the item hears that is refused while the others go on."""
        start, headers, body = _http(arrival)
        if not start.startswith("POST /mobile/v1/outbox "):
            return None
        items = self._items(Arrival("/mobile/v1/outbox", headers, body, self.now()))
        contents = [item.report_or_refusal for item in items]
        return next((_told(content) for content in contents if isinstance(content, Refused)), None)

    def _items(self, request: Arrival) -> list[mobile.BatchItem]:
        return mobile.read_batch(request.body, self._device(request).id, _REGIONS)

    def _first_report(self, request: Arrival) -> RawMessage:
        """Return the raw message of the first valid item of a batch."""
        contents = [item.report_or_refusal for item in self._items(request)]
        report = next(content for content in contents if isinstance(content, mobile.DeviceReport))
        return mobile.wrap(report, self.wrapper, self.now(), self._device(request), report.submission.client_id, ())

    def _report_without_token(self, request: Arrival) -> RawMessage:
        report = mobile.read_report(request, _REGIONS)
        return mobile.wrap(report, self.wrapper, request.at, None, report.submission.client_id, ())

    def _device(self, request: Arrival) -> Device:
        """The device whose token it is, which registered with a push token."""
        token = request.headers["authorization"].removeprefix("Bearer ")
        device = Tokens(_DEVICE_KEY).read(token, self.now()).device_id
        return Device(device, device_hash(device, self.wrapper), "push-token-of-a-phone")

    def _joined(self, delivered: dict[str, Any]) -> RawMessage:
        """What the SMPP door makes of the parts that came, in any order."""
        adapter = SmppAdapter(self.wrapper, self.sealer)
        pdus = [
            smsc.pdu(smsc.part(said["text"].encode(), said["part"], said["of"], source_addr=delivered["from"]))
            for said in delivered["parts"]
        ]
        parts = sorted((adapter.build_part(parse_deliver_sm(pdu)) for pdu in pdus), key=lambda part: part.number)
        at = self.now()
        return adapter.join_parts([SmsPart(opened=at, at=at, due=None, **asdict(part)) for part in parts]).raw

    def normalize(self, raw: Outgoing) -> tuple[str, Outgoing, list[Outgoing]]:
        """The complaint, or the reason why it is none; and what the sender is told."""
        stage = make_normalizer(self.engine, self.sealer, _SERVICES.names, _REGIONS, _MATCHER, _CLASSIFIER)
        output, *told = stage.handle([record_of(raw)])
        return ("2-set-aside" if output.topic == OVERSIGHT else "2-complaint"), output, told

    def deliver(self, raws: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Everything that the normalizer makes of several deliveries, each a record of its own."""
        stage = make_normalizer(self.engine, self.sealer, _SERVICES.names, _REGIONS, _MATCHER, _CLASSIFIER)
        return stage.handle([replace(record_of(raw), offset=number) for number, raw in enumerate(raws)])

    def route(self, complaint: Outgoing) -> tuple[Outgoing, list[Outgoing]]:
        """The dispatch, and what the sender is told."""
        output, *told = make_router(self.engine, self.rules, self.now).handle([record_of(complaint)])
        return output, told

    def record(self, messages: Sequence[Outgoing]) -> list[dict[str, Any]]:
        """The ledger's rows."""
        make_ledger_sink(self.engine).handle([record_of(message) for message in messages])
        found: list[dict[str, Any]] = []
        with write_transaction(self.engine) as connection:
            for table in (ComplaintRow, DispatchRow):
                rows = connection.execute(select(SQLModel.metadata.tables[str(table.__tablename__)])).mappings()
                found += [{"table": table.__tablename__, **row} for row in rows]
        return found


def _told(refused: Refused) -> dict[str, Any]:
    faults = {error.field: error.detail for error in refused.field_errors}
    return {"status": refused.status, "reason": refused.reason, "faults": faults}


def record_of(message: Outgoing) -> Record:
    """The message as the bus would hand it on."""
    return Record(message.topic, 0, 0, 0, message.key, message.value, message.headers)


def as_text(found: Outgoing | dict[str, Any] | list[dict[str, Any]]) -> str:
    """What a numbered file holds: a record's topic, key, headers and value, or plain JSON."""
    if isinstance(found, Outgoing):
        headers = {name: value.decode() for name, value in found.headers}
        found = {
            "topic": found.topic,
            "key": found.key.decode(),
            "headers": headers,
            "value": json.loads(found.value),
        }
    return json.dumps(found, indent=2, ensure_ascii=False, default=str) + "\n"


def from_text(text: str) -> Outgoing:
    """The record in a numbered file."""
    held_ = json.loads(text)
    headers = tuple((name, value.encode()) for name, value in held_["headers"].items())
    value = json.dumps(held_["value"], ensure_ascii=False).encode()
    return Outgoing(held_["topic"], held_["key"].encode(), value, headers)


def telling(arrival: Path) -> list[str]:
    """Every value that a sender put into the arrival and that is long enough to be somebody's."""
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
    """First line, headers (names in lower case) and body of a recorded request or response."""
    head, _, body = path.read_bytes().partition(b"\n\n")
    start, *lines = head.decode().splitlines()
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return start, headers, body.removesuffix(b"\n")
