"""Decisions of triage about the same dispatch: only the first one has an effect. No decision is made here."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from uuid import UUID

from bus.port import Partition, Reader, Record
from messages import codec
from messages.shapes import AgencyAnswer
from messages.topics import AGENCY_ANSWERS, TRIAGE
from sinks.ledger.cases import CaseEvent

# The group that stores the answers, from which an earlier decision is known.
_CASES_GROUP = "cases"


def recorded_offsets(reader: Reader) -> Mapping[Partition, int]:
    """Return the offsets on the topic of answers before which all answers are stored."""
    return reader.committed(_CASES_GROUP, [AGENCY_ANSWERS])


def first_decision(
    reader: Reader,
    start_offsets: Mapping[Partition, int],
    dispatch_id: UUID,
    agencies: Collection[str],
    is_authentic: Callable[[AgencyAnswer], bool],
) -> AgencyAnswer | None:
    """Return the first decision of triage about a dispatch from these offsets on.

    `agencies` are the codes to which triage may give a case. `is_authentic` tells if an agency made an answer.
    The answers about one case are in one partition, and the router processes them in this order.
    """
    for answer in _answers(reader.read([AGENCY_ANSWERS], start_offsets=start_offsets)):
        is_decision = answer.dispatch_id == dispatch_id and _is_decision(answer, agencies)
        if is_decision and is_authentic(answer):
            return answer
    return None


def describe_answer(answer: AgencyAnswer) -> str:
    """Return who decided, and where the case went."""
    return _describe(answer.actor, answer.suggested_agency or TRIAGE)


def describe_latest_dispatch(history: Iterable[CaseEvent]) -> str:
    """Return who chose the present agency of a case; empty if no person did."""
    dispatches = [event for event in history if event.kind == "dispatched"]
    return _describe(dispatches[-1].actor, dispatches[-1].agency) if dispatches and dispatches[-1].actor else ""


def _describe(actor: str, agency: str) -> str:
    action = "closed it" if agency == TRIAGE else f"gave it to {agency}"
    return f"{actor or 'Somebody without a recorded name'} {action}"


def _is_decision(answer: AgencyAnswer, agencies: Collection[str]) -> bool:
    names_agency = answer.verdict == "refused" and answer.suggested_agency in agencies
    return answer.agency == TRIAGE and (names_agency or answer.verdict == "closed")


def _answers(records: Iterable[Record]) -> Iterator[AgencyAnswer]:
    for record in records:
        try:
            yield codec.decode(AgencyAnswer, record.value, record.headers)
        except codec.CodecError:
            continue
