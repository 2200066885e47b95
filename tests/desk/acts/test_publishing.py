"""Acts reach the bus in the order in which they were given, and none is lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from bus.errors import Retry
from desk.acts.answers import ActResult, OfficerAnswers
from desk.units.tiers import Tier
from messages.answer_check import AnswerCheck, AnswerKeys
from messages.shapes import AgencyAnswer, AnswerContent, Verdict
from tests.desk.harness import OFFICER, DeskHarness, empty_read_model, make_sink
from tests.router.test_linked import complaint_of
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

HEALTH = "kementerian-kemenkes"
# Limit of a wait for another thread, in seconds. A test that waits so long fails.
_PATIENCE = 30


class SwitchedBus:
    """Takes answers in order. `error` is raised for every answer of which the text is in `unreachable`."""

    def __init__(self, error: Exception, *unreachable: str) -> None:
        self.error = error
        self.unreachable = set(unreachable)
        self.answers: list[AgencyAnswer] = []

    def publish(self, answer: AgencyAnswer) -> None:
        """Take the answer, or raise `error`."""
        if answer.text in self.unreachable:
            raise self.error
        self.answers.append(answer)

    @property
    def texts(self) -> list[str]:
        """Texts of the answers, in the order of the bus."""
        return [answer.text for answer in self.answers]


def give(answers: OfficerAnswers, number: str, verdict: Verdict, text: str, version: int | None = None) -> ActResult:
    """Give an answer that takes effect."""
    result = answers.give(OFFICER, Tier(HEALTH), number, version, AnswerContent(verdict=verdict, text=text))
    assert result.fault is None
    return result


def route(desk: DeskHarness, bus: SwitchedBus) -> list[bool]:
    """Route the answers of the bus. Return for each act of the first case whether it counts."""
    desk.published += bus.answers
    desk.deliver()
    view = desk.officer_answers().case(Tier(HEALTH), "NOMOR1")
    assert view
    assert view.pending == []
    return [event.counts for event in view.case.events if event.agency == HEALTH and event.kind != "dispatched"]


@pytest.fixture
def case(desk: DeskHarness) -> DeskHarness:
    """A desk with one case."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    return desk


def test_an_act_never_overtakes_an_earlier_one(case: DeskHarness) -> None:
    """The question waits while the bus is away. The closing is given later, and publishes the question first."""
    bus = SwitchedBus(Retry("away"), "Puskesmas mana?")
    answers = case.officer_answers(bus.publish, retries=(Retry,))
    assert not give(answers, "NOMOR1", "asked", "Puskesmas mana?", 0).is_published
    bus.unreachable.clear()
    assert give(answers, "NOMOR1", "closed", "Sudah buka.", 1).is_published
    case.act_publisher(case.act_queue(bus.publish)).publish_waiting()
    assert bus.texts == ["Puskesmas mana?", "Sudah buka."]
    assert route(case, bus) == [True, True]


def test_an_act_waits_behind_an_earlier_one_that_fails(case: DeskHarness) -> None:
    """Also where the bus would take the later one."""
    bus = SwitchedBus(Retry("away"), "Puskesmas mana?")
    answers = case.officer_answers(bus.publish, retries=(Retry,))
    give(answers, "NOMOR1", "asked", "Puskesmas mana?")
    assert not give(answers, "NOMOR1", "closed", "Sudah buka.").is_published
    publisher = case.act_publisher(case.act_queue(bus.publish, (Retry,)))
    assert (publisher.publish_waiting(), bus.texts) == (0, [])
    bus.unreachable.clear()
    assert (publisher.publish_waiting(), bus.texts) == (1, ["Puskesmas mana?", "Sudah buka."])


def test_of_two_requests_at_once_the_first_copies_are_in_order(case: DeskHarness) -> None:
    """The bus takes the second officer's request while the first one's is on its way. The case has each act once."""
    bus = SwitchedBus(Retry("away"))
    is_sending, may_go_on = threading.Event(), threading.Event()

    def publish_late(answer: AgencyAnswer) -> None:
        is_sending.set()
        assert may_go_on.wait(_PATIENCE)
        bus.publish(answer)

    with ThreadPoolExecutor(1) as pool:
        question = pool.submit(give, case.officer_answers(publish_late), "NOMOR1", "asked", "Puskesmas mana?")
        try:
            assert is_sending.wait(_PATIENCE)
            closing = give(case.officer_answers(bus.publish), "NOMOR1", "closed", "Sudah buka.")
            assert closing.is_published
        finally:
            may_go_on.set()
        assert question.result(_PATIENCE).is_published
    assert bus.texts == ["Puskesmas mana?", "Sudah buka.", "Puskesmas mana?"]
    assert route(case, bus) == [True, True]


def test_an_act_that_waits_is_signed_with_the_key_of_its_publishing(case: DeskHarness) -> None:
    """The agency's key was withdrawn in between."""
    away = SwitchedBus(Retry("away"), "Sudah buka.")
    result = give(case.officer_answers(away.publish, retries=(Retry,)), "NOMOR1", "closed", "Sudah buka.")
    assert result.answer
    assert result.answer.authenticator == ""
    new_keys = AnswerKeys(b"key of the tests", {HEALTH: 2})
    bus = SwitchedBus(Retry("away"))
    assert case.act_publisher(case.act_queue(bus.publish, keys=new_keys)).publish_waiting() == 1
    assert [(answer.id, answer.key_generation) for answer in bus.answers] == [(result.answer.id, 2)]
    check = AnswerCheck(new_keys)
    assert check.fault(bus.answers[0], {HEALTH}) is None
    case.router.stage = make_router(case.engine, fixed_rules_source(), case.now, check)
    case.sink = make_sink(case.engine, answer_check=check)
    assert route(case, bus) == [True]


def test_an_unexpected_error_stops_only_its_dispatch(case: DeskHarness) -> None:
    """The thread goes on, publishes the acts behind it, and logs the bug without the text."""
    case.send(complaint_of(2, "Kemenkes, vaksin habis"))
    away = SwitchedBus(Retry("away"), "Sudah buka.", "Sudah dibantu.", "Sudah ada.")
    answers = case.officer_answers(away.publish, retries=(Retry,))
    give(answers, "NOMOR1", "responded", "Sudah buka.")
    give(answers, "NOMOR1", "responded", "Sudah dibantu.")
    give(answers, "NOMOR2", "responded", "Sudah ada.")
    stopping, is_taken, is_refused = threading.Event(), threading.Event(), threading.Event()

    class BrokenBus(SwitchedBus):
        """Tells when an answer is taken, and when the bug has shown."""

        def publish(self, answer: AgencyAnswer) -> None:
            try:
                super().publish(answer)
            except ValueError:
                is_refused.set()
                raise
            is_taken.set()

    bus = BrokenBus(ValueError("a bug"), "Sudah buka.")
    publisher = case.act_publisher(case.act_queue(bus.publish), stopping)
    with capture_logs() as logs:
        thread = threading.Thread(target=publisher.run, daemon=True)
        thread.start()
        is_second_taken = is_taken.wait(_PATIENCE)
        # The dispatches may come in any order.
        is_refused.wait(_PATIENCE)
        is_taken.clear()
        bus.unreachable.clear()
        is_first_taken = is_taken.wait(_PATIENCE)
        stopping.set()
        thread.join(_PATIENCE)
    assert (is_second_taken, is_first_taken, thread.is_alive()) == (True, True, False)
    assert bus.texts[0] == "Sudah ada."
    publisher_of_rest = case.act_publisher(case.act_queue(bus.publish))
    publisher_of_rest.publish_waiting()
    assert bus.texts[1:3] == ["Sudah buka.", "Sudah dibantu."]
    failures = [entry for entry in logs if entry["event"] == "acts.failed_unexpectedly"]
    assert failures
    assert {entry["log_level"] for entry in failures} == {"error"}
    assert all(UUID(entry["dispatch_id"]) for entry in failures)
    assert "Sudah buka." not in repr(logs)


def test_a_bug_of_publishing_does_not_fail_the_request(case: DeskHarness) -> None:
    """The act is stored, so the officer is told that it will be sent."""
    bus = SwitchedBus(ValueError("a bug"), "Sudah buka.")
    with capture_logs() as logs:
        result = give(case.officer_answers(bus.publish), "NOMOR1", "closed", "Sudah buka.")
    assert (result.fault, result.is_published) == (None, False)
    assert [entry["event"] for entry in logs] == ["acts.failed_unexpectedly"]


def test_a_version_belongs_to_one_act(case: DeskHarness) -> None:
    """A read model that is being rebuilt has the answer, but not yet the sender's message before it."""
    first_records = list(case.records)
    case.send(complaint_of(2, "Puskesmas Mawar", of=1))
    message_records = case.records[len(first_records) :]
    answers = case.officer_answers()
    give(answers, "NOMOR1", "responded", "Kami periksa.", version=1)
    case.deliver()
    empty_read_model(case.engine)
    make_sink(case.engine).handle([record for record in case.records if record not in message_records])
    view = answers.case(Tier(HEALTH), "NOMOR1")
    assert view
    assert (view.case.case.version, view.version, view.pending) == (1, 2, [])
    give(answers, "NOMOR1", "closed", "Sudah buka.", view.version)
