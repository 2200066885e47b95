"""Turns requests of the app into messages to seal. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from config.reference.regions import Regions
from ingest.arrival import Arrival
from ingest.files.attachments import StoredAttachment
from ingest.http import idempotency
from ingest.mobile.channel import CHANNEL
from ingest.mobile.devices import Device, device_hash
from ingest.picked_regions import check_picked_regions
from ingest.wrap import OpenMessage, Wrapper
from messages.payloads.submission import MOBILE_ENVELOPE, MobileReport, MobileSubmission, OutboxItem
from pages.field_errors import invalid_submission
from pages.refusals import FieldError, Refused

MAX_BATCH_ITEMS = 50
_JSON = "application/json"
# Fields that describe the delivery, or that may change between two attempts to send the same report.
_DELIVERY_FIELDS = {"device_id", "client_id", "sequence", "push_token"}
_MAX_SEQUENCE = 2**31 - 1

SubmissionShape = TypeVar("SubmissionShape", bound=MobileReport)


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """One report of one device, from either address. `key` is the app's own name for it, `body` its bytes."""

    device_id: UUID
    key: str
    submission: OutboxItem | MobileSubmission
    body: bytes

    @property
    def payload(self) -> bytes:
        """Content of the report, equal for each attempt to send it."""
        return self.submission.model_dump_json(exclude_unset=True, exclude=_DELIVERY_FIELDS).encode()

    @property
    def about(self) -> str:
        """Client id or number of the earlier report that this one adds to; empty if it stands alone."""
        return self.submission.about if isinstance(self.submission, OutboxItem) else ""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One item of a batch, and the refusal instead of the report if it is not valid.

    `sequence` and `client_id` are `None` if they could not be read.
    """

    sequence: int | None
    client_id: UUID | None
    report_or_refusal: DeviceReport | Refused


def require_json(arrival: Arrival) -> None:
    """Raise `Refused` (415) if the request is not declared as JSON.

    The page of another site can send other media types through the browsers of its readers, without asking us (CORS).
    """
    if arrival.headers.get("content-type", "").partition(";")[0].strip().casefold() != _JSON:
        raise Refused("not_json")


def read_report(arrival: Arrival, regions: Regions) -> DeviceReport:
    """Return the report of a request that carries one report.

    The app chooses the key, so a repeated request is the same message. Raises `Refused`, naming each invalid field.
    """
    submission = _validate(MobileSubmission, arrival.body, regions)
    key = str(submission.client_id) if submission.client_id else idempotency.read_key(arrival)
    if key is None:
        error = FieldError("Idempotency-Key", "Kirim UUID buatan aplikasi, satu untuk setiap laporan.")
        raise Refused("missing_idempotency_key", (error,))
    return DeviceReport(submission.device_id, key, submission, arrival.body)


def read_batch(body: bytes, device_id: UUID, regions: Regions) -> list[BatchItem]:
    """Return the items of a batch in their order. An invalid item does not affect the other items.

    The bytes of each item are its JSON, serialized again with the same names and values. Raises `Refused` if there is
    no list of items, or if it is too long.
    """
    try:
        batch = json.loads(body, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        raise Refused("invalid_submission", (FieldError("body", "Bukan JSON yang benar."),)) from None
    items = batch.get("items") if isinstance(batch, dict) else None
    if not isinstance(items, list) or not 0 < len(items) <= MAX_BATCH_ITEMS:
        error = FieldError("items", f"Isi dengan 1 sampai {MAX_BATCH_ITEMS} laporan.")
        raise Refused("invalid_submission", (error,))
    return [_read_item(json_value, device_id, regions) for json_value in items]


def _read_item(json_value: object, device_id: UUID, regions: Regions) -> BatchItem:
    body = json.dumps(json_value).encode()
    try:
        submission = _validate(OutboxItem, body, regions)
    except Refused as refused:
        fields = json_value if isinstance(json_value, dict) else {}
        return BatchItem(_sequence_or_none(fields.get("sequence")), _uuid_or_none(fields.get("client_id")), refused)
    report = DeviceReport(device_id, str(submission.client_id), submission, body)
    return BatchItem(submission.sequence, submission.client_id, report)


def provider_id(report: DeviceReport, wrapper: Wrapper) -> str:
    """Return the id of the report, always the same. It contains the device only as a keyed hash."""
    return f"{device_hash(report.device_id, wrapper)}:{report.key}"


def wrap(
    report: DeviceReport,
    wrapper: Wrapper,
    at: datetime,
    device: Device | None,
    thread: UUID | None,
    attachments: Sequence[StoredAttachment],
) -> OpenMessage:
    """Return the message of a report. `device` is the authenticated device.

    Without a device and without coordinates of a picture the body stays byte for byte as it came. Otherwise it is a
    `MobileEnvelope`.
    """
    coordinates = next((stored.coordinates for stored in attachments if stored.coordinates), None)
    body, content_type = report.body, _JSON
    if device or coordinates:
        envelope: dict[str, Any] = {"device_id": str(report.device_id), "thread": str(thread) if thread else None}
        envelope |= {"push_token": device.push_token} if device else {}
        envelope |= coordinates._asdict() if coordinates else {}
        envelope["submission"] = json.loads(report.body)
        body, content_type = json.dumps(envelope).encode(), MOBILE_ENVELOPE
    message = wrapper.open_message(
        CHANNEL.name,
        provider_id(report, wrapper),
        f"device:{report.device_id}",
        body,
        at,
        content_type,
        "device-token" if device else "none",
    )
    return message.with_fields(attachments=tuple(stored.attachment for stored in attachments))


def _validate(shape: type[SubmissionShape], body: bytes, regions: Regions) -> SubmissionShape:
    try:
        submission = shape.model_validate_json(body)
    except ValidationError as error:
        raise invalid_submission(error) from None
    check_picked_regions(submission, regions)
    return submission


def _sequence_or_none(json_value: object) -> int | None:
    if not isinstance(json_value, int) or isinstance(json_value, bool):
        return None
    return json_value if 1 <= json_value <= _MAX_SEQUENCE else None


def _uuid_or_none(json_value: object) -> UUID | None:
    try:
        return UUID(json_value) if isinstance(json_value, str) else None
    except ValueError:
        return None


def _reject_constant(constant: str) -> float:
    """Refuse `NaN` and `Infinity`, which Python's parser would accept."""
    raise ValueError(constant)
