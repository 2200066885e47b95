"""The unit that a case probably belongs to, with the reason: its name stands in the report, or its topic went there.

A person decides with one click, or the agency lets a proposal take effect by itself (`passes_on_by_itself`).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from sqlalchemy import Connection, Row, bindparam, select
from sqlmodel import col

from cases.course.verdicts import SYSTEM_ACTOR
from config.conditions import is_one_of
from config.database import insert_statement
from desk.acts.tables import DeskAgencySetting, DeskAssignment, DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tiers import read_tree
from desk.units.tree import Unit, UnitTree
from desk.units.unit_cases import write_unit_cases

# `named`: the report has the name or the code of the unit. `topic`: the last cases of its topic ended there.
ProposalReason: TypeAlias = Literal["named", "topic"]
# So many of the last cases of a topic must have ended at one unit, and none of them at another one.
CASES_OF_TOPIC = 3
_WORD = re.compile(r"\w+")
# A name of one word is too often a word of something else, and so is a short code.
_LEAST_WORDS, _LEAST_CODE_LETTERS = 2, 5
_NAMES = ("dispatch_id", "agency", "topic", "title", "text", "dispatched_at")
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
    """A unit, and why."""

    unit: Unit
    reason: ProposalReason


def named_unit(units: Iterable[Unit], text: str) -> Unit | None:
    """Return the one unit whose name or code stands in a text; `None` for none and for several. Pure.

    A name inside of another one that stands there does not count: of `Puskesmas Bandarharjo` and `Dinas Kesehatan` in
    one text neither is proposed, of `Dinas Kesehatan` and `Dinas Kesehatan Hewan` the longer one.
    """
    words = f" {_joined(text)} "
    found = {unit.code: (unit, name) for unit in units for name in _names(unit) if f" {name} " in words}
    longest = [
        unit
        for unit, name in found.values()
        if not any(name != other and f" {name} " in f" {other} " for _, other in found.values())
    ]
    return longest[0] if len(longest) == 1 else None


def propose(connection: Connection, tree: UnitTree, case: Row[Any], today: date) -> Proposal | None:
    """Return the proposal for a case with the columns of `DeskCase`; `None` without one."""
    units = [unit for unit in tree.units.values() if unit.is_in_force(today)]
    if unit := named_unit(units, f"{case.title}\n{case.text}"):
        return Proposal(unit, "named")
    if not case.topic:
        return None
    codes = connection.execute(_ENDED, {"agency": case.agency, "topic": case.topic}).scalars().all()
    unit = tree.units.get(codes[0]) if len(codes) == CASES_OF_TOPIC and len(set(codes)) == 1 else None
    return Proposal(unit, "topic") if unit and unit.is_in_force(today) else None


def pass_on_by_itself(connection: Connection, dispatch_ids: Collection[UUID]) -> None:
    """Let the proposals for new dispatches take effect at the agencies that want it. Doing so again changes nothing.

    Nothing happens to a case that a unit or a person has, and to one that units gave back. The time of the step is that
    of the dispatch.
    """
    if not dispatch_ids:
        return
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
    passed = []
    for case in cases:
        if proposal := propose(connection, trees[case.agency], case, case.dispatched_at.date()):
            _store(connection, case, proposal)
            passed.append(case.dispatch_id)
    write_unit_cases(connection, passed)


def _store(connection: Connection, case: Row[Any], proposal: Proposal) -> None:
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


def _names(unit: Unit) -> Sequence[str]:
    """Return the texts that name a unit, in the form of `_joined`."""
    name, code = _joined(unit.name), _joined(unit.code)
    names = [name] if len(name.split()) >= _LEAST_WORDS else []
    return [*names, code] if len(code) >= _LEAST_CODE_LETTERS and code.isalpha() else names


def _joined(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
