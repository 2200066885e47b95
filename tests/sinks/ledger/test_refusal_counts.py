"""Refusals counted by the rules that led to them: which rows of the tables are wrong, and where the matters belong."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid5

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from app.assembly.migrate import migrate
from app.database import open_database
from bus.port import Outgoing, Record
from config.database import read_transaction, write_transaction
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch, Reason, Relation, Report
from messages.topics import AGENCY_ANSWERS, TRIAGE, agency_topic
from sinks.ledger.refusal_counts import RuleRefusals, added_rules, count_refusals_by_rule
from tests.conftest import NOW
from tests.support.paths import ROOT
from tests.support.records import at
from tests.support.stages import make_ledger_sink

PLN, HEALTH, SLEMAN = "bumn-pln", "kementerian-kemenkes", "kabupaten-3404"
_IDS = UUID(int=1708)


class Book:
    """A ledger, and what is written into it."""

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
        more: Mapping[str, object] | None = None,
    ) -> Dispatch:
        """A dispatch with reasons of these rules; `of` is the case that it goes along with."""
        made = Dispatch.model_validate(
            {
                "id": ids.dispatch_id(_id(complaint), hop),
                "message_id": _id(complaint),
                "at": when,
                "complaint_id": _id(complaint),
                "tracking": f"NOMOR{complaint}",
                "channel": "web",
                "agency": to,
                "reasons": [Reason(rule=rule, says="…") for rule in rules],
                "rules_version": "1",
                "hop": hop,
                "due_at": when,
                "report": Report(text="x"),
                "relation": Relation(kind="repeat", of=_id(of)) if of else Relation(),
                "own_case": of is None,
                **(more or {}),
            }
        )
        self.write(Outgoing(agency_topic(to), *codec.encode(made, str(made.complaint_id), "/test")))
        return made

    def answer(
        self,
        sent: Dispatch,
        verdict: Literal["accepted", "refused"] = "refused",
        theirs: str | None = None,
        says: str = "bukan",
        by: str = "",
    ) -> None:
        """An answer of the agency, or of another."""
        made = AgencyAnswer(
            id=ids.answer_id(sent.id, verdict, f"{says}{by}"),
            message_id=sent.message_id,
            at=NOW,
            complaint_id=sent.complaint_id,
            dispatch_id=sent.id,
            agency=by or sent.agency,
            verdict=verdict,
            text=says,
            theirs=theirs,
        )
        self.write(Outgoing(AGENCY_ANSWERS, *codec.encode(made, str(made.complaint_id), "/test")))

    def write(self, message: Outgoing) -> None:
        """Let the sink write it."""
        self.records(at(message, next(self._offsets)))

    def records(self, *records: Record) -> None:
        """Let the sink write these."""
        make_ledger_sink(self.engine).handle(records)

    def counted(self, since: datetime | None = None) -> Sequence[RuleRefusals]:
        """What operations sees."""
        with read_transaction(self.engine) as connection:
            return count_refusals_by_rule(connection, since)


def _id(number: int) -> UUID:
    return uuid5(_IDS, str(number))


@pytest.fixture
def book(engine: Engine) -> Book:
    """An empty ledger of each kind of database."""
    return Book(engine)


def test_each_rule_counts_what_is_its_own(book: Book) -> None:
    """The first door by all its reasons, each later one by what was added; whom refusers named, most often first."""
    for number in range(4):
        sent = book.send(number, PLN, "competence:listrik", "place")
        if number:
            book.answer(sent, theirs=SLEMAN if number > 1 else HEALTH)
            again = book.send(number, SLEMAN, "competence:listrik", "place", "named-by-refusal", hop=1)
            if number > 2:
                book.answer(again)
    book.send(9, HEALTH, "competence:bpjs")
    assert book.counted() == [
        RuleRefusals("competence:listrik", 4, 3, {SLEMAN: 2, HEALTH: 1}),
        RuleRefusals("place", 4, 3, {SLEMAN: 2, HEALTH: 1}),
        RuleRefusals("named-by-refusal", 3, 1, {}),
        RuleRefusals("competence:bpjs", 1, 0, {}),
    ]
    assert [one.refused_share for one in book.counted()][:1] == [0.75]


def test_since_is_by_when_it_was_dispatched(book: Book) -> None:
    """A refusal counts with its dispatch, so that a share is never of others; the hop before may be older."""
    book.answer(book.send(1, PLN, "a", when=NOW - timedelta(days=40)))
    book.answer(book.send(1, SLEMAN, "a", "next-alternative", hop=1))
    assert book.counted(NOW - timedelta(days=30)) == [RuleRefusals("next-alternative", 1, 1, {})]
    assert [one.rule for one in book.counted()] == ["a", "next-alternative"]


def test_refused_twice_is_refused_once(book: Book) -> None:
    """In other words, naming another, or as the same record again."""
    sent = book.send(1, PLN, "a")
    for says, theirs in (("bukan", None), ("sungguh bukan", SLEMAN), ("sungguh", SLEMAN), ("bukan", None)):
        book.answer(sent, theirs=theirs, says=says)
    book.answer(sent, "accepted")
    assert book.counted() == [RuleRefusals("a", 1, 1, {SLEMAN: 1})]


def test_what_goes_along_is_counted_with_its_case(book: Book) -> None:
    """A refusal of a repeat is one of the complaint that it repeats, once."""
    case = book.send(1, PLN, "a")
    along = book.send(2, PLN, "follows", "a", of=1)
    book.answer(along, theirs=SLEMAN)
    assert book.counted() == [RuleRefusals("a", 1, 1, {SLEMAN: 1})]
    book.answer(case, theirs=SLEMAN)
    assert book.counted() == [RuleRefusals("a", 1, 1, {SLEMAN: 1})]


def test_triage_refuses_nothing(book: Book) -> None:
    """It decides. What an agency says of a dispatch that it never had is no refusal either."""
    book.answer(book.send(1, TRIAGE, "no-evidence"), theirs=PLN)
    book.answer(book.send(1, PLN, "no-evidence", "named-by-triage", hop=1), by=HEALTH)
    assert book.counted() == [RuleRefusals("named-by-triage", 1, 0, {})]


@pytest.mark.parametrize(
    ("rules", "before", "own"),
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
def test_own_rules(rules: str, before: str | None, own: list[str]) -> None:
    """What was added to the reasons before; all, where it begins anew. How it stands to another chose no door."""
    assert list(added_rules(rules, before)) == own


def test_what_a_dispatch_says_is_kept(book: Book) -> None:
    """How sure, about what, where, who decided, who else may be: as it was said."""
    more = {"confidence": 0.25, "topic": "pju", "region": "33.74", "actor": "petugas-1", "alternatives": (PLN, SLEMAN)}
    book.send(1, HEALTH, "a", "b", more=more)
    with read_transaction(book.engine) as connection:
        query = text("SELECT confidence, topic, region, actor, alternatives, rules FROM ledger_dispatch")
        kept = connection.execute(query).one()
    assert tuple(kept) == (0.25, "pju", "33.74", "petugas-1", f'["{PLN}", "{SLEMAN}"]', "a|b")


def test_older_rows_are_counted_too(empty: Callable[[], Engine]) -> None:
    """What was dispatched before the columns were there has sensible values, and its rules from its reasons."""
    engine = empty()
    _migrate_to(engine, "0005")
    insert = text(
        "INSERT INTO ledger_dispatch (id, complaint_id, agency, hop, reasons, rules_version, relation, own_case, "
        "dispatched_at, due_at) VALUES (:id, :id, 'bumn-pln', 0, :reasons, '1', 'new', true, :at, :at)"
    )
    with write_transaction(engine) as connection:
        for number in range(1203):
            connection.execute(
                insert,
                {
                    "id": _id(number).hex if engine.dialect.name == "sqlite" else str(_id(number)),
                    "reasons": '[{"rule": "a", "says": "x"}, {"rule": "b", "says": "\\u2026"}]',
                    "at": "2026-11-24 08:00:00.000000+00:00",
                },
            )
    migrate(engine)
    with read_transaction(engine) as connection:
        query = text("SELECT DISTINCT rules, confidence, topic, region, actor, alternatives FROM ledger_dispatch")
        assert [tuple(row) for row in connection.execute(query)] == [("a|b", 1.0, "", "", "", "[]")]
        assert count_refusals_by_rule(connection)[0].dispatches == 1203
    _migrate_to(engine, "0005", down=True)
    migrate(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Engine]:
    """Opens a database without tables, of each kind."""
    if request.param == "sqlite":
        return lambda: open_database(f"sqlite:///{tmp_path / 'older.db'}")
    url = request.getfixturevalue("empty_postgres")
    return lambda: open_database(url)


def _migrate_to(engine: Engine, revision: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "app" / "migrations"))
    with write_transaction(engine) as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)
