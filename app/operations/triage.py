"""The desk for what nobody could place: what waits there, all that is known of it, and a person's decision.

Nothing is changed here: a decision is said on `agency-answers`, as any agency's answer is, and the router works it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlmodel import col

from app.operations.audit_log import AuditLog
from app.operations.merge_split import Impossible
from app.operations.topic_view import hide
from bus.port import Outgoing, Producer
from config.database import read_transaction
from messages import codec, ids
from messages.shapes import AgencyAnswer
from messages.topics import AGENCY_ANSWERS, TRIAGE
from router.registry.registry import Registry
from sinks.ledger import case_queries
from sinks.ledger.case_queries import Case, Event, Lying, Refusal
from sinks.ledger.current_relation import standings
from sinks.ledger.tables import ComplaintRow

_SOURCE = "/satu-pintu/triage"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An institution that was thought of, and `why` it does not have the complaint: for an officer, in Indonesian."""

    agency: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that waits for a decision."""

    lying: Lying
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A case, wherever it lies; of what goes along with another, that one. Identities in its words are masked.

    `decided`: to whom a person gave it, while that is not worked yet. Agencies in `way` are names.
    """

    case: Case
    decided: str | None
    candidates: tuple[Candidate, ...]
    way: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was said; `again`: that institution refused the case before."""

    answer: AgencyAnswer
    again: bool


class TriageDesk:
    """`registry` says who is a door, and who stands in for whom. What is decided stands in the `log` first.

    Numbers are in their true form. Methods may raise `DatabaseUnavailable`; those that take a number also `Impossible`.
    """

    def __init__(self, engine: Engine, registry: Registry, log: AuditLog) -> None:
        self._engine = engine
        self._registry = registry
        self._log = log
        # By naming any of these triage has decided: the router takes it to whoever stands in.
        self._doors = [
            code for code in registry.institutions if code != TRIAGE and registry.find_receiving_agency(code)
        ]

    def waiting(self, topic: str = "", region: str = "") -> Sequence[Waiting]:
        """What lies at triage now and is not decided, the oldest first; of a topic, in a region and all it holds."""
        with read_transaction(self._engine) as connection:
            found = case_queries.lying(connection, self._doors, topic, region)
            refused = case_queries.refusals(connection, [one.case for one in found])
        return [Waiting(one, self._candidates(one.alternatives, refused.get(one.case, ()))) for one in found]

    def show(self, number: str) -> Shown:
        """All that an officer needs to decide."""
        with read_transaction(self._engine) as connection:
            id_, case = _case(connection, number)
            refused = case_queries.refusals(connection, [id_]).get(id_, ())
            decided = case_queries.decided(connection, case.dispatch, self._doors)
            way = case_queries.way(connection, id_)
        candidates = self._candidates(case.alternatives, refused)
        return Shown(_hidden(case), decided, candidates, tuple(self._named(event) for event in way))

    def words(self, number: str) -> str:
        """The title and the text of a case as they were written: to be looked through, never to be printed."""
        with read_transaction(self._engine) as connection:
            _, case = _case(connection, number)
        return f"{case.title}\n{case.text}"

    def decide(self, number: str, agency: str, actor: str, why: str, at: datetime, producer: Producer) -> Decided:
        """Give the case to an institution. Raises also what the bus raises."""
        with read_transaction(self._engine) as connection:
            id_, case = _case(connection, number)
            given = case_queries.decided(connection, case.dispatch, self._doors)
            refused = case_queries.refusals(connection, [id_]).get(id_, ())
        self._may_be(number, case, agency, given)
        answer = AgencyAnswer(
            id=ids.answer_id(case.dispatch, "refused", why),
            message_id=case.message_id,
            at=at,
            complaint_id=id_,
            dispatch_id=case.dispatch,
            agency=TRIAGE,
            verdict="refused",
            text=why,
            theirs=agency,
            actor=actor,
        )
        self._log.append("triage.decide", f"{id_} {agency}", actor, why, at)
        producer.publish([Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(id_), _SOURCE))])
        return Decided(answer, any(one.agency == agency for one in refused))

    def _may_be(self, number: str, case: Case, agency: str, given: str | None) -> None:
        if agency not in self._doors:
            raise Impossible(f"no such institution: {agency}")
        if (door := self._registry.find_receiving_agency(agency)) != agency:
            raise Impossible(f"{agency} has no queue (any more, or yet): {door} gets what is meant for it")
        if case.agency != TRIAGE:
            raise Impossible(f"{number} is at {case.agency}, not at triage: it is that one's to answer")
        if given:
            raise Impossible(f"{number} was given to {given} already; `satupintu status` shows it when that is worked")

    def _candidates(self, alternatives: Sequence[str], refused: Sequence[Refusal]) -> tuple[Candidate, ...]:
        """First whom the refusing ones pointed to, then who else may be, at last who refused; each once."""
        said = dict(self._reasons(alternatives, refused))
        refusing = {one.agency: f"Sudah menolak: {hide(one.text) or '(tanpa alasan)'}" for one in refused}
        open_ = {code: why for code, why in said.items() if code not in refusing}
        return tuple(Candidate(code, self._name(code), why) for code, why in (open_ | refusing).items())

    def _reasons(self, alternatives: Sequence[str], refused: Sequence[Refusal]) -> Iterator[tuple[str, str]]:
        pointed = {door: one.agency for one in refused if one.theirs and (door := self._door(one.theirs))}
        for code, by in pointed.items():
            yield code, f"Ditunjuk oleh {self._name(by)}; belum diputuskan."
        for code in filter(None, map(self._door, alternatives)):
            if code not in pointed:
                yield code, "Mungkin berwenang; buktinya tidak cukup untuk memilihnya."

    def _named(self, event: Event) -> Event:
        to = f" → {self._name(event.theirs)}" if event.theirs else ""
        return Event(
            event.at, event.what, self._name(event.agency), f"{hide(event.says)}{to}", event.theirs, event.actor
        )

    def _name(self, code: str) -> str:
        return self._registry.name_of(code)

    def _door(self, code: str) -> str | None:
        """Who may be given the case where this institution is meant; triage has it already."""
        return self._registry.find_receiving_agency(code) if code != TRIAGE else None


def _case(connection: Connection, number: str) -> tuple[UUID, Case]:
    standing = standings(connection, col(ComplaintRow.tracking) == number).get(number)
    if standing is None:
        raise Impossible(f"{number} is not in the ledger (yet)")
    case = case_queries.find_case(connection, standing.case) if standing.dispatched else None
    if case is None:
        raise Impossible(f"{number} is at no agency's door (yet)")
    return standing.case, case


def _hidden(case: Case) -> Case:
    reasons = tuple(map(hide, case.reasons))
    return replace(case, title=hide(case.title), text=hide(case.text), reasons=reasons)
