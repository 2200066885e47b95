"""Answers of officers: stored once, published once, and never against what another officer did first."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from bus.errors import Retry
from config.database import DatabaseUnavailable, read_transaction
from desk.acts.act_publisher import ActPublisher
from desk.acts.tables import DeskAct
from desk.units.tiers import Tier
from messages.shapes import AgencyAnswer, AnswerContent, Verdict
from tests.desk.harness import OFFICER, DeskHarness
from tests.router.test_linked import complaint_of

HEALTH, PLN = "kementerian-kemenkes", "bumn-pln"
TEXT = "Petugas sudah datang."


def act_count(engine: Engine) -> int:
    """Return the number of stored acts."""
    with read_transaction(engine) as connection:
        return connection.execute(select(func.count()).select_from(DeskAct)).scalar_one()


def give(desk: DeskHarness, verdict: Verdict, text: str = TEXT, version: int | None = None, **changed: Any) -> Any:
    """Give an answer to the only case."""
    suggested = changed.pop("suggested_agency", None)
    answers = desk.officer_answers(**changed)
    return answers.give(
        OFFICER, Tier(HEALTH), "NOMOR1", version, AnswerContent(verdict=verdict, text=text, suggested_agency=suggested)
    )


@pytest.fixture
def case(desk: DeskHarness) -> DeskHarness:
    """A desk with one case."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    return desk


def test_an_answer_reaches_the_router_with_its_actor(case: DeskHarness) -> None:
    """It is signed with the agency's key, so the router takes it; the case then shows it."""
    result = give(case, "accepted", "", version=0)
    assert (result.fault, result.is_published) == (None, True)
    assert case.published[0].actor == "Sri Petugas"
    case.deliver()
    view = case.officer_answers().case(Tier(HEALTH), "NOMOR1")
    assert view is not None
    assert (view.state, view.version, view.pending) == ("proses", 1, [])


def test_an_act_on_its_way_counts_already(case: DeskHarness) -> None:
    """The officer sees it at once, and the next act builds on it."""
    give(case, "accepted", "", version=0)
    view = case.officer_answers().case(Tier(HEALTH), "NOMOR1")
    assert view is not None
    assert (view.state, view.version, [act.content.verdict for act in view.pending]) == ("proses", 1, ["accepted"])
    assert give(case, "closed", version=1).fault is None
    assert give(case, "refused", version=2).fault == "not-possible"


def test_the_second_officer_is_told(case: DeskHarness) -> None:
    """The form was shown before the first act: nothing of the second one is stored."""
    give(case, "responded", version=0)
    result = give(case, "closed", "Selesai.", version=0)
    assert result.fault == "conflict"
    assert [act.content.verdict for act in result.view.pending] == ["responded"]
    assert act_count(case.engine) == 1


def test_of_two_acts_at_one_moment_one_wins(case: DeskHarness) -> None:
    """Both have read the same version when they store their act."""
    both_have_read = threading.Barrier(2)

    def record(*_: object) -> None:
        both_have_read.wait(30)

    def act(verdict: Verdict) -> Any:
        return give(case, verdict, version=0, record=record).fault

    with ThreadPoolExecutor(2) as pool:
        faults = list(pool.map(act, ("responded", "closed")))
    assert sorted(map(str, faults)) == ["None", "conflict"]
    assert act_count(case.engine) == len(case.published) == 1


@pytest.mark.parametrize(
    ("verdict", "text", "suggested_agency", "fault"),
    [
        ("responded", "  ", None, "text-missing"),
        ("refused", "", PLN, "text-missing"),
        ("refused", TEXT, "tidak-ada", "unknown-agency"),
        ("accepted", "", None, None),
    ],
)
def test_what_an_answer_needs(
    case: DeskHarness, verdict: Verdict, text: str, suggested_agency: str | None, fault: str | None
) -> None:
    """Words to the citizen and reasons are required; a suggested institution must exist."""
    assert give(case, verdict, text, suggested_agency=suggested_agency).fault == fault
    assert len(case.published) == (0 if fault else 1)


def test_the_same_answer_twice_is_told(case: DeskHarness) -> None:
    """A second click stores nothing, before and after the read model has the first."""
    give(case, "responded", version=0)
    assert give(case, "responded", version=0).fault == "repeated"
    case.deliver()
    assert give(case, "responded", version=1).fault == "repeated"
    assert act_count(case.engine) == 1


def test_a_case_that_has_moved_is_told(case: DeskHarness) -> None:
    """Its former agency can read it, and answer no more."""
    give(case, "refused", suggested_agency=PLN)
    case.deliver()
    assert give(case, "closed").fault == "moved"


def test_the_number_of_another_agency_is_unknown(case: DeskHarness) -> None:
    """As a number that does not exist."""
    answers = case.officer_answers()
    assert answers.give(OFFICER, Tier(PLN), "NOMOR1", None, AnswerContent(verdict="accepted")).fault == "unknown-case"
    assert (
        answers.give(OFFICER, Tier(HEALTH), "NOMOR9", None, AnswerContent(verdict="accepted")).fault == "unknown-case"
    )


def test_an_act_that_cannot_be_recorded_is_not_done(case: DeskHarness) -> None:
    """The audit log comes before the effect."""

    def record(*_: object) -> None:
        raise DatabaseUnavailable("away")

    with pytest.raises(DatabaseUnavailable):
        give(case, "accepted", "", record=record)
    assert (act_count(case.engine), case.published) == (0, [])


class BusAway:
    """A bus that is away until it is told to come back."""

    def __init__(self, desk: DeskHarness) -> None:
        self.is_away = True
        self._desk = desk

    def publish(self, answer: AgencyAnswer) -> None:
        """Publish, or raise `Retry`."""
        if self.is_away:
            raise Retry("away")
        self._desk.published.append(answer)


def publisher(desk: DeskHarness, bus: BusAway) -> ActPublisher:
    """Return the publisher of the acts that wait."""
    return desk.act_publisher(desk.act_queue(bus.publish, (Retry,)))


def test_an_act_during_an_outage_is_published_later(case: DeskHarness) -> None:
    """The officer is told that it is stored. Once the bus is back, it is published once."""
    bus = BusAway(case)
    result = give(case, "responded", publish=bus.publish, retries=(Retry,))
    assert (result.fault, result.is_published) == (None, False)
    later = publisher(case, bus)
    assert later.publish_waiting() == 0
    bus.is_away = False
    assert [later.publish_waiting(), later.publish_waiting()] == [1, 0]
    case.deliver()
    view = case.officer_answers().case(Tier(HEALTH), "NOMOR1")
    assert view is not None
    assert (view.state, view.pending) == ("proses", [])


@pytest.mark.parametrize("step", ["record", "store", "publish", "mark"])
def test_a_process_that_dies_between_two_steps(case: DeskHarness, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The act is there once or not at all, and the page tells which."""

    class Killed(BaseException):
        """Ends the process here."""

    def kill(*_: object) -> None:
        raise Killed

    bus = BusAway(case)
    bus.is_away = False
    changed: dict[str, Any] = {"publish": bus.publish}
    if step == "record":
        changed["record"] = kill
    if step == "publish":
        changed["publish"] = kill
    if step == "mark":
        monkeypatch.setattr("desk.acts.act_queue.ActQueue._mark_published", kill)
    if step == "store":
        monkeypatch.setattr("desk.acts.answers.OfficerAnswers._store", kill)
    with pytest.raises(Killed):
        give(case, "responded", version=0, **changed)
    is_stored = step in {"publish", "mark"}
    view = case.officer_answers().case(Tier(HEALTH), "NOMOR1")
    assert view is not None
    assert len(view.pending) == int(is_stored)
    monkeypatch.undo()
    # The next process publishes what is stored, and the officer sends the rest again.
    publisher(case, bus).publish_waiting()
    assert give(case, "responded", version=view.version).fault == ("repeated" if is_stored else None)
    case.deliver()
    view = case.officer_answers().case(Tier(HEALTH), "NOMOR1")
    assert view is not None
    assert (view.state, view.version, view.pending) == ("proses", 1, [])
