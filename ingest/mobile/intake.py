"""Accepts a device's report once: checks for an earlier attempt, publishes the report, and then records it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from starlette.concurrency import run_in_threadpool

from ingest.arrival import Arrival
from ingest.door_store import DoorStore
from ingest.files.attachments import StoredAttachment
from ingest.http.gate import Gate
from ingest.mobile.adapter import DeviceReport, provider_id, wrap
from ingest.mobile.channel import CHANNEL
from ingest.mobile.devices import Device, device_hash
from ingest.mobile.sequences import PublishedReport, Sequences
from ingest.mobile.uploads import Uploads
from ingest.wrap import Wrapper
from pages.refusals import FieldError, Refused


class IntakeResult(NamedTuple):
    """A report that is on the bus. `is_repeat` is True if an earlier attempt had published it."""

    message_id: UUID
    tracking: str
    is_repeat: bool


class _Preparation(NamedTuple):
    """Values that are needed to publish a report. `earlier_report` is set if it was published before."""

    earlier_report: PublishedReport | None
    thread: UUID | None
    attachments: Sequence[StoredAttachment]


class ReportIntake:
    """Publishes the reports of devices, each once."""

    def __init__(self, gate: Gate, wrapper: Wrapper, store: DoorStore, sequences: Sequences, uploads: Uploads) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._store = store
        self._sequences = sequences
        self._uploads = uploads

    async def accept(
        self, report: DeviceReport, arrival: Arrival, device: Device | None, sequence: int | None = None
    ) -> IntakeResult:
        """Publish the report and return its number, the same number for each attempt. Raises `Refused`.

        If the process ends after the report was published and before it was recorded, the app sends the report again.
        It is then published twice, under one id.
        """
        hashed_id = device_hash(report.device_id, self._wrapper)
        preparation = await run_in_threadpool(self._prepare, hashed_id, report, arrival, sequence)
        if preparation.earlier_report:
            earlier_report = preparation.earlier_report
            if sequence is not None:
                await run_in_threadpool(self._sequences.record_report, hashed_id, earlier_report, sequence)
            return IntakeResult(earlier_report.message_id, earlier_report.tracking, is_repeat=True)
        content = (preparation.thread, preparation.attachments)
        message = wrap(report, self._wrapper, arrival.at, device, *content)
        await self._gate.accept(message)
        raw = message.raw
        published = PublishedReport(raw.id, report.submission.client_id, preparation.thread, raw.tracking, arrival.at)
        await run_in_threadpool(self._sequences.record_report, hashed_id, published, sequence)
        return IntakeResult(raw.id, raw.tracking, is_repeat=False)

    def _prepare(self, hashed_id: str, report: DeviceReport, arrival: Arrival, sequence: int | None) -> _Preparation:
        key = provider_id(report, self._wrapper)
        # Read before the report: another attempt of this report may record both in between. Its sequence number must
        # not count as taken by another report.
        is_taken = sequence is not None and self._sequences.message_at(hashed_id, sequence) is not None
        earlier_report = self._sequences.find_report(self._wrapper.message_id(CHANNEL.name, key))
        if earlier_report:
            preparation = _Preparation(earlier_report, None, ())
        elif is_taken:
            free_sequence = self._sequences.count(hashed_id).highest + 1
            detail = f"Kirim lagi dengan nomor urut {free_sequence} atau lebih."
            raise Refused("sequence_reused", (FieldError("sequence", detail),))
        else:
            preparation = self._prepare_new(hashed_id, report, arrival)
        # The key is claimed last. A report that was refused above may be corrected and sent under the same key.
        digests = self._wrapper.digest(key.encode()), self._wrapper.digest(report.payload)
        if not self._store.claim_idempotency_key(*digests):
            field = "client_id" if report.submission.client_id else "Idempotency-Key"
            raise Refused("idempotency_key_reused", (FieldError(field, "Pakai UUID baru untuk laporan baru."),))
        return preparation

    def _prepare_new(self, hashed_id: str, report: DeviceReport, arrival: Arrival) -> _Preparation:
        """Resolve the references of a report that was not published before: earlier report, uploads."""
        thread = self._thread(hashed_id, report)
        upload_ids = report.submission.attachments
        return _Preparation(None, thread, self._uploads.attached(hashed_id, upload_ids, arrival.at, arrival.address))

    def _thread(self, hashed_id: str, report: DeviceReport) -> UUID | None:
        """Return the client id of the first report of the thread. Raises `Refused` if that report is not here."""
        if not report.about:
            return report.submission.client_id
        first_report = self._sequences.find_referenced_report(hashed_id, report.about)
        if first_report is None or first_report.thread is None:
            raise Refused("about_unknown", (FieldError("about", "Kirim dahulu laporan yang dimaksud."),))
        return first_report.thread
