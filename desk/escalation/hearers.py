"""Persons who hear of a moment of a deadline, by the rules and by who has the case. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from accounts.permissions import CASE_ROLES, Role
from config.reference.escalation import Hearer, Way
from desk.units.tree import UnitTree


class Person(NamedTuple):
    """A person of the institution who may sign in, or an overseer. `unit` is empty for who sees the institution.

    `stand_in` is the account of who stands in while the person is on leave, and is told instead.
    """

    account_id: str
    role: Role
    unit: str = ""
    stand_in: str = ""

    @property
    def told_account(self) -> str:
        """The account that is told."""
        return self.stand_in or self.account_id


class Holding(NamedTuple):
    """Who has a case: the accountable unit, and the account of the officer. Both may be empty."""

    unit: str = ""
    account_id: str = ""


class ToldPerson(NamedTuple):
    """A person who is told, as whom, and by which ways."""

    account_id: str
    who: Hearer
    ways: frozenset[Way]


def told_persons(
    hearers: Mapping[Hearer, frozenset[Way]], persons: Collection[Person], tree: UnitTree, holding: Holding
) -> Sequence[ToldPerson]:
    """Return each person once, as the first one of `hearers` that the person is, with the ways of all of them."""
    told: dict[str, ToldPerson] = {}
    for who, ways in hearers.items():
        for person in _persons_of(who, persons, tree, holding):
            account_id = person.told_account
            earlier = told.get(account_id)
            if earlier:
                told[account_id] = earlier._replace(ways=earlier.ways | ways)
            else:
                told[account_id] = ToldPerson(account_id, who, ways)
    return list(told.values())


def _persons_of(who: Hearer, persons: Collection[Person], tree: UnitTree, holding: Holding) -> Iterable[Person]:
    match who:
        case "officer":
            return _officers(persons, tree, holding)
        case "unit_head":
            heads = [person for person in persons if person.role == Role.HEAD and person.unit]
            return _nearest(heads, tree, holding.unit)
        case "coordinator":
            return _coordinators(persons)
        case "head":
            heads = [person for person in persons if person.role == Role.HEAD and not person.unit]
            return heads or _coordinators(persons)
        case "overseer":
            return [person for person in persons if person.role == Role.OVERSEER]


def _officers(persons: Collection[Person], tree: UnitTree, holding: Holding) -> Iterable[Person]:
    """Return the officer who has the case, else the officers of its unit or of the nearest above that has some.

    Without any, those who see the whole institution.
    """
    officers = [person for person in persons if person.role in CASE_ROLES]
    holders = [person for person in officers if person.account_id == holding.account_id]
    return holders or _nearest(officers, tree, holding.unit) or [person for person in officers if not person.unit]


def _coordinators(persons: Collection[Person]) -> Iterable[Person]:
    """Return the coordinators; without any, the officers who see the whole institution."""
    coordinators = [person for person in persons if person.role == Role.COORDINATOR]
    return coordinators or [person for person in persons if person.role == Role.OFFICER and not person.unit]


def _nearest(persons: Collection[Person], tree: UnitTree, unit: str) -> Sequence[Person]:
    """Return those of the persons who belong to a unit, or to the nearest one above it that has some of them."""
    for code in (unit, *tree.above(unit)) if unit else ():
        if of_unit := [person for person in persons if person.unit == code]:
            return of_unit
    return ()
