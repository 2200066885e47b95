"""What became of a device's reports, cheap to ask again: an answer that has not changed is 304 (RFC 9110)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ingest.http.gate import Gate
from ingest.mobile.authentication import DeviceAuthentication
from ingest.mobile.sequences import Message, Sequences
from ingest.mobile.shapes import Feed, FeedEntry, ReportState

# A device's reports, the newest.
MOST_REPORTS = 50

# The states of these tracking numbers; one that is not known yet is left out.
StateLookup = Callable[[Sequence[str]], Mapping[str, ReportState]]


class FeedDoor:
    """`states` asks whoever keeps them; `reached_at` is the public address."""

    def __init__(
        self,
        gate: Gate,
        authentication: DeviceAuthentication,
        sequences: Sequences,
        states: StateLookup,
        reached_at: str,
    ) -> None:
        self._gate = gate
        self._authentication = authentication
        self._sequences = sequences
        self._states = states
        self._reached_at = reached_at

    async def show(self, request: Request) -> Response:
        """The reports of the device whose token this is, and of no other."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("mobile", arrival)
        body = await run_in_threadpool(self._body, device.name)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        if _matches(arrival.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    def _body(self, device: str) -> bytes:
        messages = self._sequences.latest(device, MOST_REPORTS)
        states = self._states([message.tracking for message in messages])
        entries = tuple(self._entry(message, states.get(message.tracking)) for message in messages)
        return Feed(reports=entries).model_dump_json().encode()

    def _entry(self, message: Message, state: ReportState | None) -> FeedEntry:
        return FeedEntry(
            tracking=message.tracking,
            client_id=message.client_id,
            thread=message.thread,
            received_at=message.at,
            state=state.state if state else "diterima",
            changed_at=state.changed_at if state else message.at,
            agency=state.agency if state else "",
            belongs_to=state.belongs_to if state else None,
            status_url=f"{self._reached_at}/status/{message.tracking}",
        )


def _matches(sent: str, tag: str) -> bool:
    """Whether If-None-Match names this tag; weakly, as it is compared for this header."""
    named = [each.strip().removeprefix("W/") for each in sent.split(",")]
    return tag in named or named == ["*"]
