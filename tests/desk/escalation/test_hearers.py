"""Who hears of a deadline: by the rules, and by who has the case."""

import pytest

from accounts.permissions import Role
from config.reference.escalation import Hearer, load_escalation
from desk.escalation.hearers import Holding, Person, told_persons
from desk.units.tree import Unit, UnitTree

_TREE = UnitTree([Unit("DINKES", "Dinas Kesehatan"), Unit("PKM", "Puskesmas", "DINKES"), Unit("PU", "Dinas PU")])
_PERSONS = (
    Person("officer", Role.OFFICER),
    Person("coordinator", Role.COORDINATOR),
    Person("sekda", Role.HEAD),
    Person("head of dinkes", Role.HEAD, "DINKES"),
    Person("officer of dinkes", Role.OFFICER, "DINKES"),
    Person("first of pkm", Role.OFFICER, "PKM"),
    Person("second of pkm", Role.OFFICER, "PKM"),
    Person("head of pu", Role.HEAD, "PU"),
    Person("panrb", Role.OVERSEER),
)


def told(when: str, holding: Holding, persons: tuple[Person, ...] = _PERSONS, clock: str = "resolve") -> dict[str, str]:
    """Return who is told of a moment by the shipped rules, and as whom."""
    hearers = load_escalation().hearers(clock, when)
    return {person.account_id: person.who for person in told_persons(hearers, persons, _TREE, holding)}


def test_a_deadline_goes_upwards() -> None:
    """The officer who has the case; with it the heads of unit and coordinators; the Sekda; overseers."""
    holding = Holding("PKM", "second of pkm")
    assert told("near", holding) == {"second of pkm": "officer"}
    assert told("passed", holding) == {
        "second of pkm": "officer",
        "head of dinkes": "unit_head",
        "coordinator": "coordinator",
    }
    assert told("twice", holding) == {"sekda": "head"}
    assert told("three_times", holding) == {"coordinator": "coordinator", "panrb": "overseer"}
    assert told("near", holding, clock="unit") == {"second of pkm": "officer", "head of dinkes": "unit_head"}


@pytest.mark.parametrize(
    ("holding", "hearers"),
    [
        (Holding("PKM"), ["first of pkm", "second of pkm"]),
        (Holding("PKM", "revoked"), ["first of pkm", "second of pkm"]),
        (Holding("DINKES"), ["officer of dinkes"]),
        (Holding("PU"), ["officer", "coordinator"]),
        (Holding("REMOVED"), ["officer", "coordinator"]),
        (Holding(), ["officer", "coordinator"]),
        (Holding("PKM", "coordinator"), ["coordinator"]),
    ],
)
def test_without_an_officer_who_has_the_case_those_of_its_unit_hear(holding: Holding, hearers: list[str]) -> None:
    """Or of the nearest unit above with officers; at last those who see the whole institution."""
    assert list(told("near", holding)) == hearers


def test_an_institution_without_heads_and_coordinators_leaves_nobody_unheard() -> None:
    """The coordinators stand for the head, and officers of the whole institution for the coordinators."""
    without_head = tuple(person for person in _PERSONS if person.role is not Role.HEAD)
    assert told("twice", Holding(), without_head) == {"coordinator": "head"}
    only_officer = (Person("officer", Role.OFFICER), Person("panrb", Role.OVERSEER))
    assert [told(moment, Holding(), only_officer) for moment in ("passed", "twice", "three_times")] == [
        {"officer": "officer"},
        {"officer": "head"},
        {"officer": "coordinator", "panrb": "overseer"},
    ]
    assert told("passed", Holding(), ()) == {}


def test_the_ways_of_one_person_add_up() -> None:
    """A coordinator who is told as officer, too, is told once, by the ways of both rows."""
    hearers: dict[Hearer, frozenset[str]] = {"officer": frozenset({"mail"}), "coordinator": frozenset({"desk"})}
    (person,) = told_persons(hearers, [Person("only", Role.COORDINATOR)], _TREE, Holding())  # type: ignore[arg-type]
    assert person.who == "officer"
    assert person.ways == {"mail", "desk"}
