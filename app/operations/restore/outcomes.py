"""Outcomes in an archive that show that the router had processed an answer or a correction.

An archive has the offsets of the stages from before its run. A stage may have processed more until the run read the
topics.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from uuid import UUID

from bus.port import Record
from messages import codec, ids
from messages.shapes import AgencyAnswer, Complaint, Correction, Dispatch

_REFUSAL_EVENTS = ("refused", "ping-pong", "hop-limit")
_MOVE_RULES = frozenset({"merged", "split"})


def has_event(record: Record, event_ids: AbstractSet[UUID]) -> bool:
    """Return whether the router's event about the answer in a record is in the archive."""
    try:
        answer = codec.decode(AgencyAnswer, record.value, record.headers)
    except codec.CodecError:
        return False
    candidates = [ids.event_id(answer.dispatch_id, event) for event in _REFUSAL_EVENTS]
    return not event_ids.isdisjoint([*candidates, ids.event_id(answer.id, "answer-not-counted")])


def times_of_moves(dispatches: Iterable[Record]) -> Mapping[UUID, int]:
    """Return the time of the last dispatch of each complaint that a person merged or split."""
    times: dict[UUID, int] = {}
    for record in dispatches:
        try:
            dispatch = codec.decode(Dispatch, record.value, record.headers)
        except codec.CodecError:
            continue
        if not _MOVE_RULES.isdisjoint(reason.rule for reason in dispatch.reasons):
            times[dispatch.complaint_id] = max(record.timestamp, times.get(dispatch.complaint_id, 0))
    return times


def divisions_of(complaints: Iterable[Record]) -> AbstractSet[UUID]:
    """Return the corrections by which reports were divided, as their parts name them."""
    corrections: set[UUID] = set()
    for record in complaints:
        try:
            part_of = codec.decode(Complaint, record.value, record.headers).part_of
        except codec.CodecError:
            continue
        if part_of:
            corrections.add(part_of.correction_id)
    return corrections


def has_moved(record: Record, moves: Mapping[UUID, int], divisions: AbstractSet[UUID]) -> bool:
    """Return whether the complaint of the correction in a record has moved since, or has the part that it made."""
    try:
        correction = codec.decode(Correction, record.value, record.headers)
    except codec.CodecError:
        return False
    return correction.id in divisions or moves.get(correction.complaint_id, 0) >= record.timestamp
