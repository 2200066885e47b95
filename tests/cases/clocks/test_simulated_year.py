"""Ten thousand invented cases over a year with its real holidays, against a computation of the test's own.

The expected deadlines are counted day by day from the CSV file, without any code of the program.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from cases.clocks.case_events import CaseEvent, CaseHistory
from cases.clocks.clock_states import clock_states
from cases.clocks.clock_table import ClockTable
from cases.clocks.deadlines import Deadlines, load_deadlines
from config.reference.folder import SHIPPED_FOLDER

CASES = 10_000
DEADLINES = load_deadlines()
AGENCIES = {
    "kementerian-kemenkes": 7,
    "kota-3374": 7,
    "provinsi-51": 8,
    "kabupaten-7371": 8,
    "provinsi-91": 9,
    "bumn-pln": 7,
}
DAY = timedelta(days=1)
with (SHIPPED_FOLDER / "holidays.csv").open() as file:
    HOLIDAYS = frozenset(date.fromisoformat(row["day"]) for row in csv.DictReader(file))


def is_working(day: date) -> bool:
    """Return whether a day is none of a weekend and none of the file."""
    return day.isoweekday() <= 5 and day not in HOLIDAYS


@dataclass
class Expected:
    """A clock as the generator of the case knows it. `hours` is the zone; `waits` are the pauses."""

    clock: str
    hop: int
    start: datetime
    days: int
    hours: int
    is_calendar: bool = False
    waits: list[tuple[datetime, datetime]] = field(default_factory=list)
    extension_days: int = 0

    def due_at(self) -> datetime:
        """Count the deadline: days first, then what was lost by waiting before it, day by day."""
        due_at = self._after_days()
        for start, end in self.waits:
            if start < due_at:
                due_at = self._move(due_at, start, end)
        return due_at

    def _after_days(self) -> datetime:
        local = self.start.astimezone(timezone(timedelta(hours=self.hours)))
        remaining = self.days + self.extension_days
        while remaining:
            local += DAY
            if self.is_calendar or is_working(local.date()):
                remaining -= 1
        return local

    def _move(self, due_at: datetime, start: datetime, end: datetime) -> datetime:
        if self.is_calendar:
            return due_at + (end - start)
        lost = sum((length for _, length in self._working_parts(start, end)), timedelta())
        for begin, length in self._working_parts(due_at, due_at + 400 * DAY):
            if length > lost or (length == lost and begin.time() != time()):
                return begin + lost
            lost -= length
        raise AssertionError

    def _working_parts(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
        zone = timezone(timedelta(hours=self.hours))
        part = start.astimezone(zone)
        while part < end:
            midnight = datetime.combine(part.date() + DAY, time(), zone)
            if is_working(part.date()):
                yield part, min(midnight, end) - part
            part = midnight


@dataclass
class InventedCase:
    """A case with its events, and the clocks that they must give."""

    history: CaseHistory
    expected: list[Expected]
    end: datetime


class Generator:
    """Invents the life of a case. Each step appends its events and what follows from them for the clocks."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(365 * 86_400))
        self.received_at = self.at
        self.topic = chance.choice(["jalan", "korupsi"])
        self.kind = chance.choice(["pengaduan", "permintaan-informasi"])
        self.events = [CaseEvent(self.at, "received")]
        self.hop = -1
        self.agency = ""
        self.resolve = Expected("resolve", 0, self.at, *((60, 7, True) if self.topic == "korupsi" else (14, 7)))
        self.expected = [Expected("verify", 0, self.at, 3, 7), self.resolve]
        self.answer: Expected | None = None
        self.is_extended = False

    def step(self, most_hours: float = 100) -> datetime:
        """Let time pass."""
        self.at += timedelta(seconds=self.chance.randrange(1, int(most_hours * 3600)))
        return self.at

    def case(self) -> InventedCase:
        """Return a whole life: perhaps triage, then agencies with questions and transfers, an answer, an objection."""
        if self.chance.random() < 0.3:
            self.dispatch("triage")
            self.step()
        self.dispatch(self.chance.choice(list(AGENCIES)))
        for _ in range(self.chance.choice([0, 0, 1, 2, 3])):
            self.chance.choice([self.ask, self.transfer, self.extend])()
        if self.chance.random() < 0.5:
            self.close_and_reopen()
        self.step()
        return InventedCase(CaseHistory(tuple(self.events), self.kind, self.topic), self.expected, self.at)

    def dispatch(self, agency: str, *, is_reopening: bool = False) -> None:
        """Give the case to an agency or to triage."""
        self.hop += 1
        self.events.append(CaseEvent(self.at, "dispatched", self.hop, agency, is_reopening))
        self.agency = agency
        if agency == "triage":
            if self.hop:
                self.expected.append(Expected("verify", self.hop, self.at, 3, 7))
            return
        self.answer = Expected("first_answer", self.hop, self.at, 5, AGENCIES[agency])
        self.expected.append(self.answer)

    def ask(self) -> None:
        """Ask the sender, who writes later."""
        self.events.append(CaseEvent(asked_at := self.step(), "asked", self.hop))
        self.events.append(CaseEvent(self.step(200), "wrote"))
        for clock in (self.answer, self.resolve):
            if clock:
                clock.waits.append((asked_at, self.at))

    def transfer(self) -> None:
        """Refuse the case: another agency or triage gets it."""
        self.events.append(CaseEvent(self.step(), "refused", self.hop))
        self.dispatch(self.chance.choice([code for code in (*AGENCIES, "triage") if code != self.agency]))
        if self.agency == "triage":
            self.step()
            self.dispatch(self.chance.choice(list(AGENCIES)))

    def extend(self) -> None:
        """Extend the deadline: it counts once, for a request, for at most seven days and before the deadline."""
        days = self.chance.randrange(1, 10)
        self.events.append(CaseEvent(self.step(), "extended", self.hop, extension_days=days))
        is_allowed = self.kind == "permintaan-informasi" and days <= 7 and not self.is_extended
        if is_allowed and self.answer and self.at <= replace(self.answer, waits=[]).due_at():
            self.answer.extension_days, self.is_extended = days, True

    def close_and_reopen(self) -> None:
        """Close the case, and open it again after an objection."""
        self.events.append(CaseEvent(self.step(), "closed", self.hop))
        self.expected.append(Expected("objection", self.hop, self.at, 10, 7))
        self.step()
        self.dispatch(self.agency, is_reopening=True)
        days, hours, is_calendar = (
            (60, AGENCIES[self.agency], True) if self.topic == "korupsi" else (14, AGENCIES[self.agency], False)
        )
        self.resolve = Expected("resolve", self.hop, self.at, days, hours, is_calendar)
        self.expected.append(self.resolve)


def deadlines_of(
    history: CaseHistory, now: datetime, deadlines: Deadlines = DEADLINES
) -> dict[tuple[str, int], datetime]:
    """Return the deadline of each clock by its name and hop."""
    return {(state.clock, state.run.hop): state.due_at for state in clock_states(history, deadlines, now)}


def invented_cases(seed: int, count: int) -> Sequence[InventedCase]:
    """Return invented cases; the same seed gives the same ones."""
    chance = random.Random(seed)  # noqa: S311 - reproducible examples
    return [Generator(chance).case() for _ in range(count)]


@pytest.mark.slow
def test_each_deadline_of_ten_thousand_cases_equals_the_count_day_by_day() -> None:
    """All clocks, zones, waits, transfers and reopenings of a year."""
    for case in invented_cases(1, CASES):
        expected = {(clock.clock, clock.hop): clock.due_at() for clock in case.expected}
        assert deadlines_of(case.history, case.end) == expected, case.history


def test_neither_order_nor_restart_nor_a_change_of_rules_moves_a_deadline() -> None:
    """Topics are read again in another order; clocks that ran are read again after the rules have changed."""
    chance = random.Random(2)  # noqa: S311 - reproducible examples
    for case in invented_cases(3, 200):
        before = deadlines_of(case.history, case.end)
        shuffled = list(case.history.events)
        chance.shuffle(shuffled)
        assert deadlines_of(replace(case.history, events=tuple(shuffled)), case.end) == before
        last_day = max(event.at for event in case.history.events).date() + 2 * DAY
        new_rows = [replace(row, valid_from=last_day, days=1) for row in DEADLINES.clocks.rows]
        rows = [*(replace(row, valid_until=last_day - DAY) for row in DEADLINES.clocks.rows), *new_rows]
        assert deadlines_of(case.history, case.end, Deadlines(DEADLINES.calendar, ClockTable(rows))) == before


def test_a_later_complaint_that_joins_moves_no_deadline_and_an_earlier_one_brings_its_own() -> None:
    """Merged at a random moment: the earliest arrival counts."""
    chance = random.Random(4)  # noqa: S311 - reproducible examples
    for case in invented_cases(5, 200):
        alone = deadlines_of(case.history, case.end)
        start = min(event.at for event in case.history.events)
        last = max(event.at for event in case.history.events)
        joined_at = start + (last - start) * chance.random()
        for days in (1, -chance.randrange(1, 20)):
            received_at = min(start + days * DAY, joined_at) if days > 0 else start + days * DAY
            events = (CaseEvent(received_at, "received"), CaseEvent(joined_at, "joined", 0, "kota-3374"))
            member = replace(case.history, events=events)
            merged = deadlines_of(replace(case.history, members=(member,)), case.end)
            without_resolve = {key: due_at for key, due_at in merged.items() if key[0] != "resolve" or key[1] > 0}
            assert without_resolve == {key: alone[key] for key in without_resolve}
            first_resolve = next(clock for clock in case.expected if clock.clock == "resolve")
            if days < 0 and not _is_closed_before(case, joined_at):
                waits = [(max(begin, joined_at), end) for begin, end in first_resolve.waits if end > joined_at]
                first_resolve = replace(first_resolve, start=received_at, waits=waits)
            assert merged["resolve", 0] == first_resolve.due_at()


def _is_closed_before(case: InventedCase, at: datetime) -> bool:
    return any(event.kind == "closed" and event.at < at for event in case.history.events)


def test_a_transfer_at_a_random_moment_moves_only_the_deadline_of_the_agency() -> None:
    """The time until the closing goes on over every agency."""
    chance = random.Random(6)  # noqa: S311 - reproducible examples
    for case in invented_cases(7, 200):
        hops = max(event.hop for event in case.history.events)
        moved_at = case.end + timedelta(seconds=chance.randrange(1, 10**6))
        agency = chance.choice(list(AGENCIES))
        transfer = (CaseEvent(moved_at, "refused", hops), CaseEvent(moved_at, "dispatched", hops + 1, agency))
        later = moved_at + timedelta(hours=1)
        before = deadlines_of(case.history, later)
        after = deadlines_of(replace(case.history, events=(*case.history.events, *transfer)), later)
        assert {key: after[key] for key in before} == before
