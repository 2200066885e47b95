"""Statuses of many numbers at once, with few SQL statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, insert

from cases.facts.tables import AnswerFact, ComplaintFact, DispatchFact, EventFact
from config.database import read_transaction, write_transaction
from messages.replies.reply_texts import TRIAGE_NAME
from messages.topics import TRIAGE
from sinks.ledger.case_reading import dispatch_histories
from sinks.ledger.relations.relation_links import RelationLinks
from sinks.ledger.status import StatusReader, StatusStep
from tests.conftest import NOW
from tests.support.case_stages import set_aside

_NAMES = {"kota-3374": "Kota Semarang", TRIAGE: "Admin Pusat"}


def number(index: int) -> str:
    """Return a tracking number."""
    return f"N{index:011d}"


def complaint(index: int, of: int | None = None) -> dict[str, Any]:
    """Return a row of the ledger; `of` is the complaint that it belongs to."""
    content = {
        "channel": "web",
        "kind": "pengaduan",
        "message_id": UUID(int=0),
    }
    flags = {"anonim": False, "rahasia": False, "relation": "repeat" if of else "new"}
    related_id = UUID(int=of) if of else None
    return {"id": UUID(int=index), "tracking": number(index), "of": related_id, "received_at": NOW, **content, **flags}


def dispatch(index: int, hop: int = 0) -> dict[str, Any]:
    """Return a dispatch, an hour later for each hop."""
    at = NOW + timedelta(hours=hop)
    content = {"agency": "kota-3374", "tracking": number(index), "rules_version": "1", "at": at, "due_at": at}
    own_case = {"relation": "new", "of": None, "own_case": True, "case_id": UUID(int=index)}
    return {"id": UUID(int=index * 100 + hop), "complaint_id": UUID(int=index), "hop": hop, **own_case, **content}


def answer(index: int, verdict: str, hop: int = 0) -> dict[str, Any]:
    """Return an agency's answer to a dispatch, a day later. The agency's clock is a month behind."""
    times = {"answered_at": NOW - timedelta(days=30), "at": NOW + timedelta(days=1)}
    content = {"agency": "kota-3374", "verdict": verdict, "position": f"agency-answers/0/{index}", **times}
    dispatch_id = UUID(int=index * 100 + hop)
    return {"id": UUID(int=index), "complaint_id": UUID(int=index), "dispatch_id": dispatch_id, **content}


def written(engine: Engine, count: int) -> list[str]:
    """Write complaints, every second answered, every third a repeat of the first. Return their numbers."""
    indexes = range(1, count + 1)
    firsts = [index for index in indexes if index == 1 or index % 3]
    with write_transaction(engine) as connection:
        connection.execute(
            insert(ComplaintFact), [complaint(index, None if index in firsts else 1) for index in indexes]
        )
        connection.execute(insert(DispatchFact), [dispatch(index, hop) for index in firsts for hop in range(2)])
        connection.execute(insert(AnswerFact), [answer(index, "closed", hop=1) for index in firsts if index % 2])
    return [number(index) for index in indexes]


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Record every SQL statement."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_many_statuses_equal_single_ones(engine: Engine) -> None:
    """Many numbers have the same statuses as each alone; unknown ones are left out."""
    numbers = written(engine, 7)
    ledger = StatusReader(engine, _NAMES)

    statuses = ledger.statuses([*numbers, numbers[0], number(99)])

    assert statuses == {tracking: ledger.status(tracking) for tracking in numbers}
    assert {tracking: statuses[tracking].state for tracking in numbers[:3]} == {
        number(1): "selesai",
        number(2): "diteruskan",
        number(3): "selesai",
    }
    assert (statuses[number(3)].relation, statuses[number(3)].repeated_number, statuses[number(2)].repeated_number) == (
        "repeat",
        number(1),
        None,
    )
    assert statuses[number(1)].steps == (
        StatusStep(NOW, "received"),
        StatusStep(NOW, "dispatched", "Kota Semarang"),
        StatusStep(NOW + timedelta(hours=1), "dispatched", "Kota Semarang"),
        StatusStep(NOW + timedelta(days=1), "closed", "Kota Semarang", answer_id=UUID(int=1)),
    )
    assert ledger.statuses([]) == {}


def test_a_triage_decision_is_no_refusal(engine: Engine) -> None:
    """A decision of triage is no refusal on the status page; an agency's refusal is."""
    decision = {**answer(1, "refused", hop=1), "agency": TRIAGE}
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [complaint(1)])
        hops = [dispatch(1), {**dispatch(1, 1), "agency": TRIAGE}, dispatch(1, 2)]
        connection.execute(insert(DispatchFact), hops)
        connection.execute(insert(AnswerFact), [answer(1, "refused"), {**decision, "id": UUID(int=2)}])

    status = StatusReader(engine, _NAMES).status(number(1))

    assert status is not None
    assert [(step.kind, step.agency) for step in status.steps] == [
        ("received", ""),
        ("dispatched", "Kota Semarang"),
        ("refused", "Kota Semarang"),
        ("dispatched", TRIAGE_NAME),
        ("dispatched", "Kota Semarang"),
    ]


def follower(index: int, of: int, kind: str, received_at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the complaint and the dispatch of a report that accompanies the case of complaint 1.

    `of` is the complaint that it repeats or joins.
    """
    row = {**complaint(index, of), "relation": kind, "received_at": received_at}
    own = {**dispatch(index), "at": received_at, "relation": kind, "of": UUID(int=1), "own_case": False}
    return row, own


def test_a_join_sees_only_what_came_after_it(engine: Engine) -> None:
    """Nobody learns when another citizen's report arrived by copying it. A repeat of a join sees no more."""
    joined_at, repeated_at = NOW + timedelta(days=2), NOW + timedelta(days=3)
    rows = [follower(2, 1, "joins", joined_at), follower(3, 2, "repeat", repeated_at), follower(4, 3, "repeat", NOW)]
    closing = {**answer(1, "closed"), "id": UUID(int=7), "at": NOW + timedelta(days=4), "position": "a/0/9"}
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [complaint(1), *(row for row, _ in rows)])
        connection.execute(insert(DispatchFact), [dispatch(1), *(own for _, own in rows)])
        connection.execute(insert(AnswerFact), [answer(1, "accepted"), closing])

    statuses = StatusReader(engine, _NAMES).statuses([number(index) for index in range(1, 5)])

    assert statuses[number(1)].state == "selesai"
    for index, arrived_at in ((2, joined_at), (3, repeated_at)):
        status = statuses[number(index)]
        assert (status.state, status.is_joined, status.belongs_to_case) == ("dijawab", True, True)
        assert [(step.at, step.kind) for step in status.steps] == [
            (arrived_at, "received"),
            (arrived_at, "dispatched"),
            (NOW + timedelta(days=4), "responded"),
        ]
    assert statuses[number(4)].is_joined


def test_a_repeat_of_a_repeat_sees_its_first(engine: Engine) -> None:
    """All are one citizen's: the closing finishes them, and every step is shown."""
    rows = [follower(2, 1, "repeat", NOW), follower(3, 2, "repeat", NOW + timedelta(days=2))]
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [complaint(1), *(row for row, _ in rows)])
        connection.execute(insert(DispatchFact), [{**dispatch(1), "own_case": True, "relation": "new", "of": None}])
        connection.execute(insert(DispatchFact), [own for _, own in rows])
        connection.execute(insert(AnswerFact), [answer(1, "closed")])
    status = StatusReader(engine, _NAMES).status(number(3))
    assert status
    assert (status.state, status.is_joined) == ("selesai", False)
    assert [step.kind for step in status.steps] == ["dispatched", "closed", "received"]


@pytest.mark.parametrize(("of", "state"), [(1, "ditangani"), (2, "menunggu-anda")])
def test_only_the_sender_who_was_asked_can_answer(engine: Engine, of: int, state: str) -> None:
    """The agency asked the sender of the case. What another citizen adds to a joined report is no answer to that."""
    asked = {**answer(1, "asked"), "at": NOW + timedelta(days=1)}
    rows = [follower(2, 1, "joins", NOW), follower(3, of, "repeat", NOW + timedelta(days=2))]
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [complaint(1), *(row for row, _ in rows)])
        connection.execute(insert(DispatchFact), [{**dispatch(1), "own_case": True, "relation": "new", "of": None}])
        connection.execute(insert(DispatchFact), [own for _, own in rows])
        connection.execute(insert(AnswerFact), [asked])
    status = StatusReader(engine, _NAMES).status(number(1))
    assert status
    assert status.state == state


@pytest.mark.parametrize("anonim", [False, True])
def test_who_joined_hears_that_the_first_sender_was_asked(engine: Engine, *, anonim: bool) -> None:
    """Only of a question after the own report, until it is answered, and never of an anonymous case.

    Such a case has no state for others until it is answered: its agency had accepted it before they came.
    """
    hours = [NOW + timedelta(hours=number) for number in range(4)]
    rows = [follower(2, 1, "joins", hours[0]), follower(3, 1, "joins", hours[3])]
    answers = [
        {**answer(number, verdict), "id": UUID(int=number), "at": hours[number], "position": f"a/0/{number}"}
        for number, verdict in enumerate(("accepted", "asked"), start=1)
    ]
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [{**complaint(1), "anonim": anonim}, *(row for row, _ in rows)])
        connection.execute(insert(DispatchFact), [dispatch(1), *(own for _, own in rows)])
        connection.execute(insert(AnswerFact), answers)
    early, late = (StatusReader(engine, _NAMES).status(number(index)) for index in (2, 3))
    assert early
    assert late
    assert (early.asks_first_sender, late.asks_first_sender) == (not anonim, False)
    assert (early.state, late.state) == ("ditangani", "diteruskan" if anonim else "ditangani")
    assert [status.is_joined for status in (early, late)] == [not anonim] * 2
    assert {status.relation for status in (early, late)} == {"new" if anonim else "joins"}


def test_an_answer_to_a_follower_is_one_to_its_case(engine: Engine) -> None:
    """An answer to either counts for both."""
    row, own = follower(2, 1, "repeat", NOW)
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [complaint(1), row])
        connection.execute(
            insert(DispatchFact), [{**dispatch(1), "own_case": True, "relation": "new", "of": None}, own]
        )
        connection.execute(insert(AnswerFact), [answer(2, "closed")])
    assert {status.state for status in StatusReader(engine, _NAMES).statuses([number(1), number(2)]).values()} == {
        "selesai"
    }


def test_no_code_or_text_from_outside_is_shown(engine: Engine) -> None:
    """A forged row names no institution: it is no step. An institution that left the registry has no name."""
    forged = {**answer(1, "closed"), "agency": "kota-\x1b[2J<b>selesai</b>"}
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [complaint(1)])
        connection.execute(insert(DispatchFact), [dispatch(1)])
        connection.execute(insert(AnswerFact), [forged])
    status = StatusReader(engine, {}).status(number(1))
    assert status
    assert status.state == "diteruskan"
    assert [(step.kind, step.agency) for step in status.steps] == [("received", ""), ("dispatched", "")]


@pytest.mark.parametrize(("count", "statements"), [(1, 4), (1000, 4), (5001, 4)])
def test_a_few_statements_for_many(engine: Engine, count: int, statements: int) -> None:
    """Four suffice for any number, with one that has a CTE and one for parts. Only unknown numbers may be set aside."""
    numbers = written(engine, count)
    with counted(engine) as all_statements:
        assert len(StatusReader(engine, _NAMES).statuses(numbers)) == count

    selects = [statement for statement in all_statements if statement.startswith("SELECT")]
    assert len(selects) == statements


def test_a_withdrawn_report(engine: Engine) -> None:
    """Its sender withdrew it; a report that joined it goes on. An objection takes the withdrawal back."""
    rows = [follower(2, 1, "joins", NOW), follower(3, 1, "repeat", NOW + timedelta(days=2))]
    withdrawal = {**rows[1][0], "act": "withdraws"}
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [complaint(1), rows[0][0]])
        connection.execute(insert(ComplaintFact), [withdrawal])
        connection.execute(insert(DispatchFact), [{**dispatch(1), "own_case": True, "relation": "new", "of": None}])
        connection.execute(insert(DispatchFact), [own for _, own in rows])
    ledger = StatusReader(engine, _NAMES)
    statuses = ledger.statuses([number(index) for index in range(1, 4)])
    assert {tracking: status.state for tracking, status in statuses.items()} == {
        number(1): "ditarik",
        number(2): "diteruskan",
        number(3): "ditarik",
    }
    assert [step.kind for step in statuses[number(1)].steps] == ["received", "dispatched", "withdrawn"]
    objection = {**complaint(4, of=1), "act": "objects", "received_at": NOW + timedelta(days=3)}
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [objection])
    assert ledger.statuses([number(1)])[number(1)].state == "diteruskan"


def test_a_message_that_was_set_aside_is_known(engine: Engine) -> None:
    """Its number has a state and a reason. A message that a person made a report of later has the report's state."""
    rows = [set_aside(UUID(int=index), number(index), "thanks", NOW) for index in (1, 2)]
    with write_transaction(engine) as connection:
        connection.execute(insert(EventFact), rows)
        connection.execute(insert(ComplaintFact), [complaint(2)])
    statuses = StatusReader(engine, _NAMES).statuses([number(index) for index in (1, 2, 3)])
    assert {tracking: (status.state, status.set_aside) for tracking, status in statuses.items()} == {
        number(1): ("bukan-laporan", "thanks"),
        number(2): ("diterima", ""),
    }
    assert "ucapan terima kasih" in statuses[number(1)].sentence


def acts_row(index: int, of: int, act: str, hours: int) -> dict[str, Any]:
    """Return a message of a sender about a report, so many hours later."""
    return {**complaint(index, of), "act": act, "received_at": NOW + timedelta(hours=hours)}


def states(engine: Engine, count: int) -> list[str]:
    """Return the states of the first numbers."""
    statuses = StatusReader(engine, _NAMES).statuses([number(index) for index in range(1, count + 1)])
    return [statuses[number(index)].state for index in range(1, count + 1)]


def test_a_withdrawal_by_a_repeat(engine: Engine) -> None:
    """It withdraws the case of its sender. A joined report, and one that a person merged, are withdrawn apart."""
    followers = [
        follower(2, 1, "repeat", NOW),
        follower(3, 1, "joins", NOW),
        follower(4, 3, "repeat", NOW),
        follower(5, 1, "repeat", NOW),
    ]
    complaints = [complaint(1), *(row for row, _ in followers)]
    complaints[-1] |= {"relation": "new", "of": None}
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), complaints)
        connection.execute(insert(DispatchFact), [{**dispatch(1), "own_case": True, "relation": "new", "of": None}])
        connection.execute(insert(DispatchFact), [own for _, own in followers])
        connection.execute(insert(ComplaintFact), [acts_row(6, 4, "withdraws", 1), acts_row(7, 5, "withdraws", 1)])
    assert states(engine, 5) == ["diteruskan", "diteruskan", "ditarik", "ditarik", "ditarik"]
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [acts_row(8, 2, "withdraws", 2), acts_row(9, 3, "objects", 2)])
    assert states(engine, 5) == ["ditarik", "ditarik", "diteruskan", "diteruskan", "ditarik"]


@pytest.mark.parametrize("private", [1, 2])
def test_a_report_is_private_if_its_case_or_a_repeat_is(engine: Engine, private: int) -> None:
    """Everybody who has one of the numbers would learn the agency, and the other number. Who joined it is not."""
    followers = [follower(2, 1, "repeat", NOW), follower(3, 1, "joins", NOW)]
    complaints = [complaint(1), *(row for row, _ in followers)]
    complaints[private - 1] |= {"rahasia": True}
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), complaints)
        connection.execute(insert(DispatchFact), [{**dispatch(1), "own_case": True, "relation": "new", "of": None}])
        connection.execute(insert(DispatchFact), [own for _, own in followers])
    statuses = StatusReader(engine, _NAMES).statuses([number(index) for index in (1, 2, 3)])
    shown = {tracking: status.for_everybody(NOW) for tracking, status in statuses.items()}
    assert [(shown[number(index)].agency, shown[number(index)].repeated_number) for index in (1, 2, 3)] == [
        ("", None),
        ("", None),
        ("Kota Semarang", None),
    ]
    assert "Kota Semarang" not in statuses[number(2)].sentence
    assert (statuses[number(2)].agency, statuses[number(2)].repeated_number) == ("Kota Semarang", number(1))


@pytest.mark.slow
def test_more_complaints_than_a_statement_has_parameters(engine: Engine) -> None:
    """A case may have more repeats than PostgreSQL and SQLite take values in one statement."""
    ids = [UUID(int=index) for index in range(1, 70_000)]
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintFact), [complaint(1)])
        connection.execute(insert(DispatchFact), [dispatch(1)])
    with read_transaction(engine) as connection:
        links = RelationLinks(connection)
        links.read(ids)
        assert [relation is not None for relation in (links.find(ids[0]), links.find(ids[1]))] == [True, False]
        assert dispatch_histories(connection, ids).keys() == {ids[0]}
