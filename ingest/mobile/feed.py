"""States of a device's reports. An unchanged answer is 304 (RFC 9110), so that frequent requests stay cheap."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ingest.http.gate import Gate
from ingest.mobile.authentication import DeviceAuthentication
from ingest.mobile.sequences import PublishedReport, Sequences
from ingest.mobile.shapes import Feed, FeedEntry, FeedPart, ShownPart, ShownReport
from messages.ids import complaint_id, part_message_id
from messages.replies.report_states import state_sentence

# Number of reports in a feed, the newest ones.
MAX_FEED_REPORTS = 50
_TAG_DIGITS = 32

# Returns the states of tracking numbers. Numbers that are not known yet are missing.
StateLookup = Callable[[Sequence[str]], Mapping[str, ShownReport]]


class FeedDoor:
    """Endpoint of the feed. `find_states` asks the ledger; `public_url` is the service's public address.

    `link_of` returns the sender's own link to the report of a message.
    """

    def __init__(
        self,
        gate: Gate,
        authentication: DeviceAuthentication,
        sequences: Sequences,
        find_states: StateLookup,
        public_url: str,
        link_of: Callable[[UUID], str],
    ) -> None:
        self._gate = gate
        self._authentication = authentication
        self._sequences = sequences
        self._find_states = find_states
        self._public_url = public_url
        self._link_of = link_of

    async def show(self, request: Request) -> Response:
        """Return the reports of the device that the token belongs to, and of no other device."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("mobile", arrival)
        body = await run_in_threadpool(self._feed_json, device.hash)
        tag = f'"{hashlib.sha256(body).hexdigest()[:_TAG_DIGITS]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        if _matches(arrival.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    def _feed_json(self, device: str) -> bytes:
        reports = self._sequences.latest_reports(device, MAX_FEED_REPORTS)
        states = self._find_states([report.tracking for report in reports])
        entries = tuple(self._entry(report, states.get(report.tracking)) for report in reports)
        return Feed(reports=entries).model_dump_json().encode()

    def _entry(self, report: PublishedReport, shown: ShownReport | None) -> FeedEntry:
        link = self._link_of(report.message_id)
        return FeedEntry(
            tracking=report.tracking,
            client_id=report.client_id,
            thread=report.thread,
            received_at=report.at,
            state=shown.state if shown else "diterima",
            sentence=shown.sentence if shown else state_sentence("diterima", report.tracking),
            changed_at=shown.changed_at if shown else report.at,
            agency=shown.agency if shown else "",
            belongs_to=shown.belongs_to if shown else None,
            status_url=f"{self._public_url}/status/{report.tracking}",
            answer=shown.answer if shown else "",
            pictures=tuple(f"{link}/berkas/{id_}" for id_ in shown.pictures) if shown else (),
            document=f"{link}/berkas/{shown.document}" if shown and shown.document else "",
            question=shown.question if shown else "",
            link=link,
            asks_rating=shown is not None and shown.asks_rating,
            parts=tuple(self._part(report, part) for part in shown.parts) if shown else (),
        )

    def _part(self, report: PublishedReport, part: ShownPart) -> FeedPart:
        message_id = part_message_id(complaint_id(report.message_id), part.number)
        return FeedPart(
            **dict(part),
            status_url=f"{self._public_url}/status/{part.tracking}",
            link=self._link_of(message_id),
        )


def _matches(if_none_match: str, tag: str) -> bool:
    """Return True if If-None-Match contains this tag. RFC 9110 prescribes the weak comparison for this header."""
    tags = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return tag in tags or tags == ["*"]
