"""Batch upload of the app's reports (`/outbox`): one result for each report, and the missing sequence numbers."""

from collections.abc import Callable, Sequence
from typing import TypeGuard
from uuid import UUID

import structlog
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from config.database import DatabaseUnavailable
from config.reference.regions import Regions
from ingest.arrival import Arrival
from ingest.http.gate import Gate
from ingest.mobile.adapter import BatchItem, DeviceReport, read_batch, require_json
from ingest.mobile.authentication import DeviceAuthentication
from ingest.mobile.devices import Device
from ingest.mobile.intake import IntakeResult, ReportIntake
from ingest.mobile.sequences import Sequences
from ingest.mobile.shapes import BatchAnswer, BatchResult, SequenceState
from pages.refusal_handlers import record_refusal
from pages.refusals import Refused

# Time after which the app may repeat a report that failed because of an error in the service. The report itself need
# not change.
_RETRY_AFTER_SECONDS = 60

_log = structlog.get_logger()

Outcome = IntakeResult | Refused


class BatchDoor:
    """Endpoints of the batch upload. `public_url` is the service's public address; `link_of`: see `MobileDoor`."""

    def __init__(
        self,
        gate: Gate,
        authentication: DeviceAuthentication,
        intake: ReportIntake,
        sequences: Sequences,
        regions: Regions,
        public_url: str,
        link_of: Callable[[UUID], str],
    ) -> None:
        self._gate = gate
        self._authentication = authentication
        self._intake = intake
        self._sequences = sequences
        self._regions = regions
        self._public_url = public_url
        self._link_of = link_of

    async def send(self, request: Request) -> Response:
        """Accept every report that can be accepted, and return a reason for each of the others.

        If the bus was away and no report was accepted, the whole batch is answered with 503.
        """
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("mobile", arrival)
        require_json(arrival)
        items = read_batch(arrival.body, device.id, self._regions)
        outcomes = await self._process(items, arrival, device)
        _raise_if_nothing_accepted(outcomes)
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                record_refusal(request, outcome)
        results = tuple(self._result(item, outcome) for item, outcome in zip(items, outcomes, strict=True))
        count = await run_in_threadpool(self._sequences.count, device.hash)
        answer = BatchAnswer(results=results, highest=count.highest, missing=count.missing)
        return JSONResponse(answer.model_dump(mode="json"))

    async def state(self, request: Request) -> Response:
        """Return the highest sequence number of the device, and the numbers that are missing below it."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("mobile", arrival)
        count = await run_in_threadpool(self._sequences.count, device.hash)
        answer = SequenceState(highest=count.highest, missing=count.missing)
        return JSONResponse(answer.model_dump(mode="json"), headers={"Cache-Control": "no-store"})

    async def _process(self, items: Sequence[BatchItem], arrival: Arrival, device: Device) -> list[Outcome]:
        """Return the outcome of each item, in the order of `items`.

        The items are published in the order of their sequence numbers, so that an addition follows its report. After
        the bus was away for one item, the other items are not tried: the app would wait for each of them.
        """
        outcomes: dict[int, Outcome] = {}
        bus_away: Refused | None = None
        for index in sorted(range(len(items)), key=lambda index: (items[index].sequence or 0, index)):
            item = items[index]
            if isinstance(item.report_or_refusal, Refused):
                outcomes[index] = item.report_or_refusal
            elif bus_away:
                outcomes[index] = bus_away
            else:
                outcome = await self._accept(item.report_or_refusal, arrival, device, item.sequence)
                outcomes[index] = outcome
                bus_away = outcome if _is_bus_away(outcome) else None
        return [outcomes[index] for index in range(len(items))]

    async def _accept(self, report: DeviceReport, arrival: Arrival, device: Device, sequence: int | None) -> Outcome:
        """Accept one report. An unexpected error refuses this report alone; the other items keep their results."""
        try:
            return await self._intake.accept(report, arrival, device, sequence)
        except Refused as refused:
            return refused
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - any error concerns this report alone
            _log.error("mobile.report_failed", exc_info=error)
            return Refused("unexpected", retry_after=_RETRY_AFTER_SECONDS)

    def _result(self, item: BatchItem, outcome: Outcome) -> BatchResult:
        if isinstance(outcome, IntakeResult):
            return BatchResult(
                sequence=item.sequence,
                client_id=item.client_id,
                status="known" if outcome.is_repeat else "accepted",
                tracking=outcome.tracking,
                status_url=f"{self._public_url}/status/{outcome.tracking}",
                link=self._link_of(outcome.message_id),
            )
        return BatchResult(
            sequence=item.sequence,
            client_id=item.client_id,
            status="refused",
            reason=outcome.reason,
            title=outcome.message,
            errors=outcome.field_errors,
            retry_after=outcome.retry_after,
        )


def _is_bus_away(outcome: Outcome) -> TypeGuard[Refused]:
    return isinstance(outcome, Refused) and outcome.reason == "away"


def _raise_if_nothing_accepted(outcomes: Sequence[Outcome]) -> None:
    """Raise the refusal of a batch of which the bus took nothing."""
    refusals = [outcome for outcome in outcomes if _is_bus_away(outcome)]
    if refusals and not any(isinstance(outcome, IntakeResult) for outcome in outcomes):
        raise refusals[0]
