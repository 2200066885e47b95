"""The unit that a case probably belongs to, with the reason.

Its name stands in the report, its topic went there, or it is the one unit of a kind that the router found.

A person decides with one click, or the agency lets a proposal take effect by itself (`passes_on_by_itself`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from sqlalchemy import Connection, Row, bindparam, select
from sqlmodel import col

from cases.course.verdicts import SYSTEM_ACTOR
from config.conditions import is_one_of
from config.database import insert_statement
from config.reference.regions import Regions
from desk.acts.tables import DeskAgencySetting, DeskAssignment, DeskHolder
from desk.changes import PASSED_ON, CaseChange
from desk.read_model.tables import DeskCase
from desk.units.kinds import ReportedPlace, UnitKinds, joined_words, reported_place, stored_kinds, unit_of_kinds
from desk.units.tiers import read_tree
from desk.units.tree import Unit, UnitTree
from desk.units.unit_cases import write_unit_cases
from messages.shapes import UnitKindRule

# `named`: the report has the name or the code of the unit. `topic`: the last cases of its topic ended there. The others
# are of the router, with its evidence: the report names the kind of the unit, or the kind handles the topic.
ProposalReason: TypeAlias = Literal["named", "topic", UnitKindRule]
# Kinds of offices that reports name as their place.
_DISTRICT_KINDS = frozenset(("kecamatan", "kelurahan", "desa"))
# So many of the last cases of a topic must have ended at one unit, and none of them at another one.
CASES_OF_TOPIC = 3
# A name of one word is too often a word of something else, and so is a short code.
_LEAST_WORDS, _LEAST_CODE_LETTERS = 2, 5
_NAMES = (
    *("dispatch_id", "agency", "tracking", "state", "topic", "title", "text", "place", "region", "unit_kinds"),
    "dispatched_at",
)
_ENDED = (
    select(col(DeskHolder.unit_code))
    .join(DeskCase, col(DeskCase.dispatch_id) == col(DeskHolder.dispatch_id))
    .where(
        col(DeskCase.agency) == bindparam("agency"),
        col(DeskCase.tab) == "done",
        col(DeskCase.topic) == bindparam("topic"),
        col(DeskCase.state) == "selesai",
        col(DeskHolder.unit_code) != "",
    )
    .order_by(col(DeskCase.due_at).desc())
    .limit(CASES_OF_TOPIC)
)


class Proposal(NamedTuple):
    """A unit, and why. `kind` is the kind of unit that the router found, if that is why."""

    unit: Unit
    reason: ProposalReason
    kind: str = ""


class ProposalTables(NamedTuple):
    """The tables that proposals need, as they are now."""

    kinds: Callable[[], UnitKinds]
    regions: Callable[[], Regions]


def named_unit(units: Iterable[Unit], text: str, place: ReportedPlace) -> Unit | None:
    """Return the one unit whose name or code stands in a text; `None` for none and for several. Pure.

    A name inside of another one that stands there does not count: of `Puskesmas Bandarharjo` and `Dinas Kesehatan` in
    one text neither is proposed, of `Dinas Kesehatan` and `Dinas Kesehatan Hewan` the longer one. A code that is a word
    of a region's name does not count: in “Kuala Kurun” nobody means the unit `KURUN`.
    """
    words, region_words = f" {joined_words(text)} ", place.region_words()
    found = {unit.code: (unit, name) for unit in units for name in _names(unit, region_words) if f" {name} " in words}
    longest = [
        unit
        for unit, name in found.values()
        if not any(name != other and f" {name} " in f" {other} " for _, other in found.values())
    ]
    return longest[0] if len(longest) == 1 else None


def propose(
    connection: Connection, tree: UnitTree, case: Row[Any], today: date, tables: ProposalTables
) -> Proposal | None:
    """Return the proposal for a case with the columns of `DeskCase`; `None` without one.

    What an institution did with its last cases counts more than what the router found: offices differ from region to
    region.
    """
    units = [unit for unit in tree.units.values() if unit.is_in_force(today)]
    kinds = stored_kinds(case.unit_kinds)
    place = reported_place((case.title, case.text, case.place), case.region, tables.regions())
    unit = named_unit(units, f"{case.title}\n{case.text}", place)
    if unit and not _is_only_place(unit, kinds, tables.kinds()):
        return Proposal(unit, "named")
    if proposal := _of_kinds("unit-named", kinds, units, place, tables.kinds()):
        return proposal
    codes = connection.execute(_ENDED, {"agency": case.agency, "topic": case.topic}).scalars().all()
    unit = tree.units.get(codes[0]) if case.topic and len(codes) == CASES_OF_TOPIC and len(set(codes)) == 1 else None
    if unit and unit.is_in_force(today):
        return Proposal(unit, "topic")
    return _of_kinds("unit-topic", kinds, units, place, tables.kinds())


def _is_only_place(unit: Unit, kinds: Mapping[str, Sequence[str]], known: UnitKinds) -> bool:
    """Return True if a unit is the office of a district, and the router found no matter of such an office.

    Its name is then only the place of the report.
    """
    found = known.of_name(unit.name)
    if found is None or found.kind not in _DISTRICT_KINDS:
        return False
    return not any(found.kind in of_rule for of_rule in kinds.values())


def _of_kinds(
    rule: UnitKindRule,
    kinds: Mapping[str, Sequence[str]],
    units: Sequence[Unit],
    place: ReportedPlace,
    known: UnitKinds,
) -> Proposal | None:
    of_rule = kinds.get(rule)
    unit = unit_of_kinds(of_rule, units, place, known) if of_rule else None
    found = known.of_name(unit.name) if unit else None
    return Proposal(unit, rule, found.kind) if unit and found else None


def pass_on_by_itself(
    connection: Connection, dispatch_ids: Collection[UUID], tables: ProposalTables
) -> Sequence[CaseChange]:
    """Let the proposals for new dispatches take effect at the agencies that want it; return what units are told.

    Doing so again changes nothing. Nothing happens to a case that a unit or a person has, and to one that units gave
    back. The time of the step is that of the dispatch.
    """
    if not dispatch_ids:
        return ()
    query = (
        select(*(col(getattr(DeskCase, name)) for name in _NAMES))
        .join(DeskAgencySetting, col(DeskAgencySetting.agency) == col(DeskCase.agency))
        .outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))
        .where(
            is_one_of(col(DeskCase.dispatch_id), dispatch_ids),
            col(DeskAgencySetting.passes_on_by_itself),
            col(DeskCase.is_current),
            col(DeskHolder.dispatch_id).is_(None),
        )
    )
    cases = connection.execute(query).all()
    trees = {agency: read_tree(connection, agency) for agency in {case.agency for case in cases}}
    changes = [
        _store(connection, case, proposal)
        for case in cases
        if (proposal := propose(connection, trees[case.agency], case, case.dispatched_at.date(), tables))
    ]
    write_unit_cases(connection, [change.dispatch_id for change in changes])
    return changes


def _store(connection: Connection, case: Row[Any], proposal: Proposal) -> CaseChange:
    """Store the step, and return it as a change of which the unit is told."""
    unit = {"unit": proposal.unit.name, "unit_code": proposal.unit.code}
    person = {"account_id": "", "name": ""}
    ids = {"dispatch_id": case.dispatch_id, "agency": case.agency}
    holder = {**ids, **unit, **person, "unit_from": "", "returns": 0}
    connection.execute(insert_statement(connection, DeskHolder).values(holder).on_conflict_do_nothing())
    step = {
        "id": uuid5(case.dispatch_id, "proposal"),
        **ids,
        **unit,
        **person,
        "is_return": False,
        "actor": SYSTEM_ACTOR,
        "why": "",
        "at": case.dispatched_at,
    }
    connection.execute(insert_statement(connection, DeskAssignment).values(step).on_conflict_do_nothing())
    at = case.dispatched_at
    return CaseChange(step["id"], "passed-on", case.agency, case.tracking, case.dispatch_id, case.state, at, PASSED_ON)


def _names(unit: Unit, region_words: Collection[str]) -> Sequence[str]:
    """Return the texts that name a unit, in the form of `joined_words`. A code that is a word of a region is none."""
    name, code = joined_words(unit.name), joined_words(unit.code)
    names = [name] if len(name.split()) >= _LEAST_WORDS else []
    is_name = len(code) >= _LEAST_CODE_LETTERS and code.isalpha() and code not in region_words
    return [*names, code] if is_name else names
