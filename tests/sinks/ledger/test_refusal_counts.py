"""Refusals counted by rule: wrong rows of the tables, and the agencies that the refusals suggest."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Literal
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine, text

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import read_transaction
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch, Reason, Relation, Report
from messages.topics import AGENCY_ANSWERS, TRIAGE, agency_topic
from sinks.ledger.counts.refusal_counts import RuleRefusals, added_rules, count_refusals_by_rule
from tests.conftest import NOW
from tests.support.agency_answers import signed
from tests.support.case_stages import make_case_stage
from tests.support.records import at

PLN, HEALTH, SLEMAN = "bumn-pln", "kementerian-kemenkes", "kabupaten-3404"
_IDS = UUID(int=1708)


class LedgerWriter:
    """Ledger with helpers to write dispatches and answers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._offsets = count()

    def send(
        self,
        complaint: int,
        to: str,
        *rules: str,
        hop: int = 0,
        of: int | None = None,
        when: datetime = NOW,
        changes: Mapping[str, object] | None = None,
    ) -> Dispatch:
        """Write a dispatch with reasons of these rules; `of` is the case that it belongs to."""
        dispatch = Dispatch.model_validate(
            {
                "id": ids.dispatch_id(_id(complaint), hop),
                "message_id": _id(complaint),
                "at": when,
                "complaint_id": _id(complaint),
                "tracking": f"NOMOR{complaint}",
                "channel": "web",
                "agency": to,
                "reasons": [Reason(rule=rule, text="…") for rule in rules],
                "rules_version": "1",
                "hop": hop,
                "due_at": when,
                "report": Report(text="x"),
                "relation": Relation(kind="repeat", of=_id(of)) if of else Relation(),
                "own_case": of is None,
                **(changes or {}),
            }
        )
        self.write(Outgoing(agency_topic(to), *codec.encode(dispatch, str(dispatch.complaint_id), "/test")))
        return dispatch

    def answer(
        self,
        sent: Dispatch,
        verdict: Literal["accepted", "refused"] = "refused",
        suggested_agency: str | None = None,
        text: str = "bukan",
        agency_code: str = "",
    ) -> None:
        """Write an answer of the agency, or of another one."""
        agency_answer = AgencyAnswer(
            id=ids.answer_id(sent.id, verdict, f"{text}{agency_code}"),
            message_id=sent.message_id,
            at=NOW,
            complaint_id=sent.complaint_id,
            dispatch_id=sent.id,
            agency=agency_code or sent.agency,
            verdict=verdict,
            text=text,
            suggested_agency=suggested_agency,
        )
        self.write(
            Outgoing(AGENCY_ANSWERS, *codec.encode(signed(agency_answer), str(agency_answer.complaint_id), "/test"))
        )

    def write(self, message: Outgoing) -> None:
        """Let the sink write a message."""
        self.records(at(message, next(self._offsets)))

    def records(self, *records: Record) -> None:
        """Let the sink write these records."""
        make_case_stage(self.engine).handle(records)

    def counted(self, since: datetime | None = None) -> Sequence[RuleRefusals]:
        """Return the counts that operations staff see."""
        with read_transaction(self.engine) as connection:
            return count_refusals_by_rule(connection, since)


def _id(number: int) -> UUID:
    return uuid5(_IDS, str(number))


@pytest.fixture
def ledger(engine: Engine) -> LedgerWriter:
    """Return an empty ledger on each kind of database."""
    return LedgerWriter(engine)


def test_each_rule_counts_its_own_dispatches(ledger: LedgerWriter) -> None:
    """The first dispatch counts for all its reasons, later ones for the added reasons."""
    for number in range(4):
        dispatch = ledger.send(number, PLN, "competence:listrik", "place")
        if number:
            ledger.answer(dispatch, suggested_agency=SLEMAN if number > 1 else HEALTH)
            second_dispatch = ledger.send(number, SLEMAN, "competence:listrik", "place", "named-by-refusal", hop=1)
            if number > 2:
                ledger.answer(second_dispatch)
    ledger.send(9, HEALTH, "competence:bpjs")
    assert ledger.counted() == [
        RuleRefusals("competence:listrik", 4, 3, {SLEMAN: 2, HEALTH: 1}),
        RuleRefusals("place", 4, 3, {SLEMAN: 2, HEALTH: 1}),
        RuleRefusals("named-by-refusal", 3, 1, {}),
        RuleRefusals("competence:bpjs", 1, 0, {}),
    ]
    assert [rule.refused_share for rule in ledger.counted()][:1] == [0.75]


def test_since_is_the_time_of_the_dispatch(ledger: LedgerWriter) -> None:
    """A refusal counts with its dispatch, so that a share is never above one. The previous hop may be older."""
    ledger.answer(ledger.send(1, PLN, "a", when=NOW - timedelta(days=40)))
    ledger.answer(ledger.send(1, SLEMAN, "a", "next-alternative", hop=1))
    assert ledger.counted(NOW - timedelta(days=30)) == [RuleRefusals("next-alternative", 1, 1, {})]
    assert [rule.rule for rule in ledger.counted()] == ["a", "next-alternative"]


def test_a_repeated_refusal_counts_once(ledger: LedgerWriter) -> None:
    """A repeated refusal, also with another text or agency, counts once."""
    dispatch = ledger.send(1, PLN, "a")
    refusals = (("bukan", None), ("sungguh bukan", SLEMAN), ("sungguh", SLEMAN), ("bukan", None))
    for answer_text, suggested_agency in refusals:
        ledger.answer(dispatch, suggested_agency=suggested_agency, text=answer_text)
    ledger.answer(dispatch, "accepted")
    assert ledger.counted() == [RuleRefusals("a", 1, 1, {SLEMAN: 1})]


def test_a_follower_counts_with_its_case(ledger: LedgerWriter) -> None:
    """A refusal of a repeat counts for the case it belongs to, once."""
    case = ledger.send(1, PLN, "a")
    follower = ledger.send(2, PLN, "follows", "a", of=1)
    ledger.answer(follower, suggested_agency=SLEMAN)
    assert ledger.counted() == [RuleRefusals("a", 1, 1, {SLEMAN: 1})]
    ledger.answer(case, suggested_agency=SLEMAN)
    assert ledger.counted() == [RuleRefusals("a", 1, 1, {SLEMAN: 1})]


def test_a_triage_decision_is_no_refusal(ledger: LedgerWriter) -> None:
    """A decision of triage, and an answer of an agency that never had the case, are no refusals."""
    ledger.answer(ledger.send(1, TRIAGE, "no-evidence"), suggested_agency=PLN)
    sent = ledger.send(1, PLN, "no-evidence", "named-by-triage", hop=1)
    with pytest.raises(Reject, match="unknown_dispatch"):
        ledger.answer(sent, agency_code=HEALTH)
    assert ledger.counted() == [RuleRefusals("named-by-triage", 1, 0, {})]


@pytest.mark.parametrize(
    ("rules", "previous_rules", "expected"),
    [
        ("a|b", None, ["a", "b"]),
        ("a|a", None, ["a"]),
        ("", None, []),
        ("a|b|c", "a|b", ["c"]),
        ("c|split", "a", ["c"]),
        ("a|follows", None, ["a"]),
        ("a|b", "", ["a", "b"]),
    ],
)
def test_added_rules(rules: str, previous_rules: str | None, expected: list[str]) -> None:
    """The rules of a dispatch are those added to the previous ones, without rules about relations."""
    assert list(added_rules(rules, previous_rules)) == expected


def test_the_fields_of_a_dispatch_are_stored(ledger: LedgerWriter) -> None:
    """Confidence, topic, region and rules are stored unchanged; who chose the agency is in the words."""
    fields = {
        "confidence": 0.25,
        "topic": "pju",
        "region": "33.74",
        "actor": "petugas-1",
        "alternatives": (PLN, SLEMAN),
    }
    ledger.send(1, HEALTH, "a", "b", changes=fields)
    with read_transaction(ledger.engine) as connection:
        query = text(
            "SELECT confidence, topic, region, actor, rules FROM case_dispatch JOIN case_words ON fact_id = id"
        )
        row = connection.execute(query).one()
    assert tuple(row) == (0.25, "pju", "33.74", "petugas-1", "a|b")
