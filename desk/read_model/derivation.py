"""Derives the desk's read model from new facts, and tells those who tell the agencies."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import col

from cases.clocks.deadlines import Deadlines
from cases.derivations.new_facts import NewFacts
from cases.derivations.shared_facts import SharedFacts
from cases.facts.log import FORGOTTEN
from cases.facts.tables import CorrectionFact, EventFact, RecommendationFact
from config.conditions import is_one_of
from config.database import DatabaseLock, lock_until_commit
from desk.changes import OnChanges
from desk.read_model.change_order import number_cases_of
from desk.read_model.deadline_changes import deadline_changes
from desk.read_model.recommendations.changes import recommendation_changes, recommended_cases
from desk.read_model.sender_messages import mark_messages, store_accompanying
from desk.read_model.stored_cases import derive_cases, rebuild_cases
from desk.units.inheritance import inherit_units
from desk.units.proposals import ProposalTables, pass_on_by_itself

# Name of the derivation in `case_derivation`.
DERIVATION = "desk"


class DeskDerivation:
    """Derives the rows of the desk. `on_changes` stores what agencies are to be told of.

    `proposals` are the tables by which units are proposed.
    """

    def __init__(self, on_changes: OnChanges, deadlines: Deadlines, proposals: ProposalTables) -> None:
        self._on_changes = on_changes
        self._deadlines = deadlines
        self._proposals = proposals

    def derive(self, connection: Connection, new: NewFacts, facts: SharedFacts) -> None:
        """Derive the cases of new facts. Doing so again changes nothing, and tells nobody anything again."""
        # A rebuild changes the same rows.
        lock_until_commit(connection, DatabaseLock.DESK)
        dispatched = new.subjects("dispatch")
        store_accompanying(connection, dispatched, facts)
        marked = mark_messages(connection, dispatched, new.subjects("complaint", "correction"), facts)
        inherit_units(connection, _later_hops(new, facts))
        changes = [*derive_cases(connection, new, marked, facts, self._deadlines)]
        changes += pass_on_by_itself(connection, new.ids("dispatch"), self._proposals)
        number_cases_of(connection, facts.dispatches(_cases_beside(connection, new) - set(dispatched)).keys())
        moved = facts.with_facts("recommendation", dispatched)
        number_cases_of(connection, recommended_cases(connection, {*moved, *new.subjects("recommendation")}))
        changes += recommendation_changes(connection, _new_recommendations(connection, new), moved)
        changes += deadline_changes(connection, _new_events(connection, new))
        rebuild_cases(connection, new.subjects(FORGOTTEN), facts, self._deadlines)
        if changes:
            self._on_changes(connection, changes)


def _later_hops(new: NewFacts, facts: SharedFacts) -> Collection[UUID]:
    """Return the new dispatches that are not the first one of their complaint."""
    new_ids = set(new.ids("dispatch"))
    dispatches = facts.dispatches(new.subjects("dispatch"))
    return [item.id for items in dispatches.values() for item in items if item.hop > 0 and item.id in new_ids]


def _cases_beside(connection: Connection, new: NewFacts) -> set[UUID]:
    """Return the complaints of new facts that a case shows and that its row is not derived from."""
    complaint_ids = set(new.subjects("complaint"))
    if correction_ids := new.ids("correction"):
        names = ("complaint_id", "of", "apart_from")
        query = select(*(col(getattr(CorrectionFact, name)) for name in names))
        rows = connection.execute(query.where(is_one_of(col(CorrectionFact.id), correction_ids)))
        complaint_ids |= {id_ for row in rows for id_ in row if id_}
    return complaint_ids


def _new_recommendations(connection: Connection, new: NewFacts) -> Collection[UUID]:
    """Return the new recommendations, without the answers to some."""
    new_ids = new.ids("recommendation")
    if not new_ids:
        return ()
    query = select(col(RecommendationFact.id)).where(
        is_one_of(col(RecommendationFact.id), new_ids), col(RecommendationFact.act) == "recommended"
    )
    return connection.execute(query).scalars().all()


def _new_events(connection: Connection, new: NewFacts) -> Sequence[EventFact]:
    new_ids = new.ids("event")
    if not new_ids:
        return ()
    columns = EventFact.__table__.columns  # type: ignore[attr-defined]
    rows = connection.execute(select(*columns).where(is_one_of(col(EventFact.id), new_ids))).mappings()
    events = {row["id"]: EventFact(**row) for row in rows}
    # In the order of the log.
    return [events[id_] for id_ in new_ids if id_ in events]
