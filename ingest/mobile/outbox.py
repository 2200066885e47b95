"""An app's outbox: many reports in one request, each with a result of its own, and what of its count is missing."""

from collections.abc import Mapping

import structlog
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from config.database import DatabaseUnavailable
from config.reference.regions import Regions
from ingest.arrival import Arrival, Refused
from ingest.http.gate import Gate, record_refusal
from ingest.http.problems import FieldError
from ingest.mobile.adapter import BatchItem, DeviceReport, read_batch
from ingest.mobile.authentication import DeviceAuthentication
from ingest.mobile.devices import Device
from ingest.mobile.intake import IntakeResult, ReportIntake
from ingest.mobile.sequences import Sequences
from ingest.mobile.shapes import BatchAnswer, BatchResult, SequenceState

# A fault of ours may be mended by then; nothing else about the report has to be.
_RETRY_AFTER_SECONDS = 60

_log = structlog.get_logger()


class BatchDoor:
    """`reached_at` is the public address."""

    def __init__(
        self,
        gate: Gate,
        authentication: DeviceAuthentication,
        intake: ReportIntake,
        sequences: Sequences,
        regions: Regions,
        reached_at: str,
    ) -> None:
        self._gate = gate
        self._authentication = authentication
        self._intake = intake
        self._sequences = sequences
        self._regions = regions
        self._reached_at = reached_at

    async def send(self, request: Request) -> Response:
        """Take what can be taken; the rest hears why not, item by item.

        Where the bus went away under the first item nothing was taken, and the whole is answered with 503.
        """
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("mobile", arrival)
        items = read_batch(arrival.body, device.id, self._regions)
        found = await self._work(items, arrival, device)
        taken = [each for each in found.values() if isinstance(each, IntakeResult)]
        away = [each for each in found.values() if isinstance(each, Refused) and each.reason == "away"]
        if away and not taken:
            raise away[0]
        for each in found.values():
            if isinstance(each, Refused):
                record_refusal(request, each)
        results = tuple(self._result(item, found[place]) for place, item in enumerate(items))
        count = await run_in_threadpool(self._sequences.count, device.name)
        answer = BatchAnswer(results=results, highest=count.highest, missing=count.missing)
        return JSONResponse(answer.model_dump(mode="json"))

    async def state(self, request: Request) -> Response:
        """How far the device's count came, and what is missing in it."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("mobile", arrival)
        count = await run_in_threadpool(self._sequences.count, device.name)
        answer = SequenceState(highest=count.highest, missing=count.missing)
        return JSONResponse(answer.model_dump(mode="json"), headers={"Cache-Control": "no-store"})

    async def _work(
        self, items: list[BatchItem], arrival: Arrival, device: Device
    ) -> Mapping[int, IntakeResult | Refused]:
        """Each item's outcome by its place. In the order of the device's count: what is said later follows."""
        found: dict[int, IntakeResult | Refused] = {}
        away: Refused | None = None
        for place in sorted(range(len(items)), key=lambda place: (items[place].sequence or 0, place)):
            item = items[place]
            if isinstance(item.found, Refused):
                found[place] = item.found
            elif away:
                found[place] = away
            else:
                found[place] = outcome = await self._one(item.found, arrival, device, item.sequence)
                # The bus does not come back between two items; who waits for the answer would wait for each.
                if isinstance(outcome, Refused) and outcome.reason == "away":
                    away = outcome
        return found

    async def _one(
        self, letter: DeviceReport, arrival: Arrival, device: Device, sequence: int | None
    ) -> IntakeResult | Refused:
        """Take one; a fault of ours that it trips is its own, and does not cost the others their answers."""
        try:
            return await self._intake.take(letter, arrival.at, device, sequence)
        except Refused as refused:
            return refused
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one report's
            _log.error("mobile.unexpected", exc_info=error)
            return Refused("unexpected", retry_after=_RETRY_AFTER_SECONDS)

    def _result(self, item: BatchItem, found: IntakeResult | Refused) -> BatchResult:
        if isinstance(found, IntakeResult):
            return BatchResult(
                sequence=item.sequence,
                client_id=item.client_id,
                status="known" if found.known else "accepted",
                tracking=found.tracking,
                status_url=f"{self._reached_at}/status/{found.tracking}",
            )
        return BatchResult(
            sequence=item.sequence,
            client_id=item.client_id,
            status="refused",
            reason=found.reason,
            title=found.says,
            errors=tuple(FieldError(field=fault.field, detail=fault.says) for fault in found.faults),
            retry_after=found.retry_after,
        )
