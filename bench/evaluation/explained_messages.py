"""Decisions on messages in the order of arrival, as the normalizer makes them, without bus and stored database."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BufferedIOBase
from itertools import islice
from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from app.commands.common.arguments import first_fault
from app.explanation.reading import ExplainedMessage
from messages.sealing import Sealer
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.matcher import BestMatch, Matcher
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.complaint_rows import EarlierComplaint
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.tables import ClosedComplaint, ComparableRow, LookupKeyRow

_BATCH_SIZE = 200
# Bytes of a stream that are read at once, at most.
_READ_BYTES = 1 << 17
_ID_NAMESPACE = UUID("0f1b7d0e-1708-5a70-9b1e-5a7000001708")
# Time of a message without one: it is compared with messages of any time.
_UNKNOWN_TIME = datetime(2000, 1, 1, tzinfo=UTC)
# Nothing expires.
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def read_batches(stream: BufferedIOBase) -> Iterator[list[ExplainedMessage]]:
    """Yield the available messages of a stream of lines, batch by batch. What was printed is flushed after each.

    Raises `ValueError` that names the line and the field.
    """
    line_count, rest = 0, b""
    # It returns available bytes and waits only for the first one.
    while chunk := stream.read1(_READ_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        numbered_lines = enumerate(lines, start=line_count + 1)
        yield [_parse(line, number) for number, line in numbered_lines if line.strip()]
        line_count += len(lines)
        sys.stdout.flush()
    if rest.strip():
        yield [_parse(rest, line_count + 1)]


def _parse(line: bytes, number: int) -> ExplainedMessage:
    try:
        return ExplainedMessage.model_validate_json(line)
    except ValidationError as error:
        raise ValueError(f"line {number}: {first_fault(error)}") from None


def read_comparable(detection: DuplicateDetection, message: ExplainedMessage) -> Comparable:
    """Return the comparable form of a message."""
    received_at = message.received_at.timestamp() if message.received_at else None
    return detection.reader.read_report(message.report(), message.sender, message.channel, received_at)


def explain_batches(
    detection: DuplicateDetection, batches: Iterable[Sequence[ExplainedMessage]]
) -> Iterator[dict[str, Any]]:
    """Yield for each message, in the order of arrival, the earlier message it belongs to. Nothing is stored.

    All messages of one batch are explained before the next batch is requested.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool)
    ComparableRow.__table__.create(engine)  # type: ignore[attr-defined]
    LookupKeyRow.__table__.create(engine)  # type: ignore[attr-defined]
    ClosedComplaint.__table__.create(engine)  # type: ignore[attr-defined]
    sealer, explanation = Sealer([bytes(64)]), _Explanation(detection.matcher)
    for batch in batches:
        comparables = [read_comparable(detection, message) for message in batch]
        keys = [explanation.matcher.lookup_keys(comparable) for comparable in comparables]
        with engine.begin() as connection:
            earlier_complaints = EarlierComplaints(connection, ComparableForms(sealer), keys, _BEFORE_ALL)
            for message, comparable, lookup_keys in zip(batch, comparables, keys, strict=True):
                yield explanation.explain(earlier_complaints, message, comparable, lookup_keys)
            earlier_complaints.write(connection)
    engine.dispose()


class _Explanation:
    """Explains messages in the order of arrival."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._message_ids: dict[UUID, str] = {}

    def explain(
        self,
        earlier_complaints: EarlierComplaints,
        message: ExplainedMessage,
        comparable: Comparable,
        keys: LookupKeys,
    ) -> dict[str, Any]:
        """Return the decision on a message and add the message to the earlier ones.

        `of` is the first message of the matter, `member` the one that the message resembles.
        """
        complaint_id = uuid5(_ID_NAMESPACE, message.id)
        self._message_ids[complaint_id] = message.id
        received_at = message.received_at or _UNKNOWN_TIME
        match = self.matcher.find_best_match(earlier_complaints, comparable, keys)
        decision = _decision(match)
        related_id = match.earlier.root_id if match and decision != "new" else None
        # A suggestion joins nothing: the complaint is the root of its own matter.
        root_id = related_id if related_id and decision != "likely" else complaint_id
        complaint = EarlierComplaint(complaint_id, root_id, complaint_id, received_at, comparable)
        earlier_complaints.add(complaint, keys, received_at, joined=False)
        return {
            "id": message.id,
            "decision": decision,
            "of": self._message_ids[related_id] if related_id else None,
            "member": self._message_ids[match.earlier.complaint_id] if match and related_id else None,
            "score": round(match.verdict.score, 3) if match else 0.0,
            "evidence": list(match.verdict.evidence) if match else [],
        }


def _decision(match: BestMatch | None) -> str:
    if match is None or match.verdict.certainty != "certain":
        return match.verdict.certainty if match else "new"
    return "joins" if match.verdict.sender == "other" else "repeat"


def explain_messages(detection: DuplicateDetection, messages: Iterable[ExplainedMessage]) -> Iterator[dict[str, Any]]:
    """Yield for each message, in the order of arrival, the earlier message it belongs to. Nothing is stored."""
    return explain_batches(detection, _split_into_batches(messages))


def _split_into_batches(messages: Iterable[ExplainedMessage]) -> Iterator[list[ExplainedMessage]]:
    remaining = iter(messages)
    while batch := list(islice(remaining, _BATCH_SIZE)):
        yield batch
