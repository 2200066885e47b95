"""The table `escalation.csv`: who hears of a deadline that is near or has passed, and by which ways."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table

ESCALATION = "escalation.csv"
_COLUMNS = ("clock", "when", "who", "ways")

# Clocks of `clocks.csv` by which triage or an institution must act; `unit` is the deadline that an institution sets its
# unit when it passes a case on.
EscalatedClock: TypeAlias = Literal["verify", "first_answer", "resolve", "recommendation", "unit"]
# `near`: the last working day before the deadline has begun. `passed`: it is over. `twice` and `three_times`: so many
# periods are over. `passed_on`: a unit got the case.
Moment: TypeAlias = Literal["passed_on", "near", "passed", "twice", "three_times"]
# Whoever stands first hears as that.
Hearer: TypeAlias = Literal["officer", "unit_head", "coordinator", "head", "overseer"]
Way: TypeAlias = Literal["desk", "mail", "webhook"]
# The deadline of a unit is a day, so it has no periods, and nobody outside of the institution knows it.
_PASSED_ON = "passed_on"
_MOMENTS_OF_UNITS = (_PASSED_ON, "near", "passed")


class EscalationRule(NamedTuple):
    """A row: persons of a kind hear of a moment of a clock."""

    clock: EscalatedClock
    when: Moment
    who: Hearer
    ways: frozenset[Way]


class EscalationTable:
    """The rules. Those of one clock and moment add up."""

    def __init__(self, rules: Iterable[EscalationRule] = ()) -> None:
        self.rules = tuple(rules)
        order = get_args(Hearer)
        self._ways: Mapping[tuple[str, str], Mapping[Hearer, frozenset[Way]]] = {
            key: {
                rule.who: rule.ways
                for rule in sorted(self.rules, key=lambda rule: order.index(rule.who))
                if (rule.clock, rule.when) == key
            }
            for key in {(rule.clock, rule.when) for rule in self.rules}
        }

    def hearers(self, clock: str, when: str) -> Mapping[Hearer, frozenset[Way]]:
        """Return who hears of a moment of a clock, and by which ways, in the order of `Hearer`."""
        return self._ways.get((clock, when), {})


def load_escalation(path: Path = SHIPPED_FOLDER / ESCALATION) -> EscalationTable:
    """Return the rules of a table. Raises `TableError`."""
    table = read_table(path, _COLUMNS, exact_columns=True)
    raise_faults(path, (f"line {row.line}: {fault}" for row in table for fault in _row_faults(row)))
    raise_faults(path, _repetitions(table))
    return EscalationTable(map(_rule, table))


def _rule(row: TableRow) -> EscalationRule:
    return EscalationRule(
        cast("EscalatedClock", row.cells["clock"].strip()),
        cast("Moment", row.cells["when"].strip()),
        cast("Hearer", row.cells["who"].strip()),
        frozenset(cast("Sequence[Way]", row.parts("ways"))),
    )


def _row_faults(row: TableRow) -> Iterator[str]:
    choices = {"clock": get_args(EscalatedClock), "when": get_args(Moment), "who": get_args(Hearer)}
    for column, values in choices.items():
        if row.cells[column].strip() not in values:
            yield f"{column} is {row.cells[column]!r}; write one of {', '.join(values)}"
    ways = row.parts("ways")
    if not ways:
        yield f"ways is empty; write some of {', '.join(get_args(Way))}, separated by |, or remove the row"
    for way in ways:
        if way not in get_args(Way):
            yield f"ways names {way!r}; write some of {', '.join(get_args(Way))}"
    yield from _pair_faults(row)


def _pair_faults(row: TableRow) -> Iterator[str]:
    clock, when, who = (row.cells[column].strip() for column in ("clock", "when", "who"))
    ways = row.parts("ways")
    if clock == "unit" and when in get_args(Moment) and when not in _MOMENTS_OF_UNITS:
        yield f"the deadline of a unit has no moment {when}; write one of {', '.join(_MOMENTS_OF_UNITS)}"
    if clock != "unit" and when == _PASSED_ON:
        yield f"{when} is a moment of unit alone; write another when, or unit as clock"
    if who == "overseer" and clock == "unit":
        yield "the deadline of a unit stays inside its institution; write another who than overseer"
    if who == "overseer" and not {"desk", "webhook"}.isdisjoint(ways):
        yield "an overseer has neither the desk nor webhooks of an institution; write mail as ways"


def _repetitions(table: Sequence[TableRow]) -> Iterator[str]:
    lines: dict[tuple[str, ...], int] = {}
    for row in table:
        key = tuple(row.cells[column].strip() for column in ("clock", "when", "who"))
        first = lines.setdefault(key, row.line)
        if first != row.line:
            yield f"line {row.line}: {', '.join(key)} stands on line {first} already; write one row with all ways"
