"""Persons behind the arrivals of a batch: which message is whose, and whose messages are forgotten."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from messages.sealing import PERSON_KEY_PREFIX
from messages.shapes import RawMessage
from normalize.arrival import Arrival
from normalize.draft import NotComplaint
from privacy.forgotten import SentReport, read_forgotten


def without_forgotten(connection: Connection, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """Return the arrivals, those of forgotten persons as set aside, and those whose retention has ended.

    A message that came after the request is not forgotten: the person writes anew.
    """
    senders = (arrival.raw.sender for arrival in arrivals)
    forgotten = read_forgotten(connection, senders, (arrival.complaint_id for arrival in arrivals))
    return [
        _set_aside(arrival)
        if arrival.complaint_id in forgotten.complaint_ids
        or _is_until(forgotten.senders.get(arrival.raw.sender), arrival.raw)
        else arrival
        for arrival in arrivals
    ]


def sent_report(arrival: Arrival) -> SentReport:
    """Return whose message it is, by the complaint that it is or would be."""
    raw = arrival.raw
    has_shared_seal = bool(raw.body) and not raw.body.startswith(PERSON_KEY_PREFIX)
    return SentReport(arrival.complaint_id, raw.message_id, raw.sender, raw.at, has_shared_seal)


def _is_until(forgotten_at: datetime | None, raw: RawMessage) -> bool:
    return forgotten_at is not None and raw.at <= forgotten_at


def _set_aside(arrival: Arrival) -> Arrival:
    return replace(arrival, draft=NotComplaint("forgotten"), open_message=None, comparable=None, fingerprint="")
