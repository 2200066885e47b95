"""Takes one report of a device, once: looks whether it came before, publishes it, and only then remembers it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from starlette.concurrency import run_in_threadpool

from ingest.arrival import FieldError, Refused
from ingest.door_store import DoorStore
from ingest.files.attachments import StoredAttachment
from ingest.http.gate import Gate
from ingest.mobile.adapter import DeviceReport, provider_id, wrap
from ingest.mobile.devices import Device, device_hash
from ingest.mobile.sequences import Message, Sequences
from ingest.mobile.uploads import Uploads
from ingest.wrap import Wrapper, accepted_record
from messages import ids
from messages.shapes import Channel


class IntakeResult(NamedTuple):
    """A report that is on the bus; `known` if it was before."""

    tracking: str
    known: bool


class _Ready(NamedTuple):
    """What is known before a report is published. `before` is what came of it earlier."""

    before: Message | None
    thread: UUID | None
    kept: Sequence[StoredAttachment]


class ReportIntake:
    """See `take`."""

    def __init__(self, gate: Gate, wrapper: Wrapper, store: DoorStore, sequences: Sequences, uploads: Uploads) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._store = store
        self._sequences = sequences
        self._uploads = uploads

    async def take(
        self, letter: DeviceReport, at: datetime, proven: Device | None, sequence: int | None = None
    ) -> IntakeResult:
        """The report's number, however often it is sent. Raises `Refused`, and nothing was promised.

        If the process ends between the bus and the memory, the report is sent again and published twice, under one id.
        """
        device = device_hash(letter.device, self._wrapper)
        ready = await run_in_threadpool(self._prepare, device, letter, at, sequence)
        if ready.before:
            if sequence is not None:
                await run_in_threadpool(self._sequences.record, device, ready.before, sequence)
            return IntakeResult(ready.before.tracking, known=True)
        raw = wrap(letter, self._wrapper, at, proven, ready.thread, ready.kept)
        await self._gate.publish(accepted_record(raw))
        message = Message(raw.id, letter.said.client_id, ready.thread, raw.tracking, at)
        await run_in_threadpool(self._sequences.record, device, message, sequence)
        return IntakeResult(raw.tracking, known=False)

    def _prepare(self, device: str, letter: DeviceReport, at: datetime, sequence: int | None) -> _Ready:
        key = provider_id(letter, self._wrapper)
        before = self._sequences.find(ids.message_id(Channel.MOBILE, key))
        ready = _Ready(before, None, ()) if before else self._look_up(device, letter, at, sequence)
        # Last, so that what was refused above may be mended and sent under its own key.
        if not self._store.claim_idempotency_key(
            self._wrapper.digest(key.encode()), self._wrapper.digest(letter.payload)
        ):
            field = "client_id" if letter.said.client_id else "Idempotency-Key"
            raise Refused("idempotency_key_reused", (FieldError(field, "Pakai UUID baru untuk laporan baru."),))
        return ready

    def _look_up(self, device: str, letter: DeviceReport, at: datetime, sequence: int | None) -> _Ready:
        """What a report that was not seen before refers to."""
        if sequence is not None and self._sequences.at(device, sequence) is not None:
            free = self._sequences.count(device).highest + 1
            raise Refused(
                "sequence_reused", (FieldError("sequence", f"Kirim lagi dengan nomor urut {free} atau lebih."),)
            )
        thread = letter.said.client_id
        if letter.about:
            first = self._sequences.about(device, letter.about)
            if first is None or first.thread is None:
                raise Refused("about_unknown", (FieldError("about", "Kirim dahulu laporan yang dimaksud."),))
            thread = first.thread
        return _Ready(None, thread, self._uploads.attached(device, letter.said.attachments, at))
