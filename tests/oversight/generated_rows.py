"""Rows of the read model of oversight, as many as a country has, without the topics before it."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert

from cases.clocks.deadlines import Deadlines
from cases.course.case_course import CaseAnswer
from cases.derivations.shared_facts import StoredDispatch
from config.database import write_transaction
from config.stored_counts import add_counts
from messages.shapes import Verdict
from messages.topics import TRIAGE
from oversight.figures.counts import jakarta_day
from oversight.read_model.case_row import case_row
from oversight.read_model.report_facts import ReportFacts, case_clocks
from oversight.read_model.tables import OversightCase, OversightDay, OversightPairDay
from oversight.read_model.tallies import day_tallies, pair_tallies
from tests.support.programmes import PROGRAMMES

_COURSES: Sequence[tuple[Verdict, ...]] = ((), (), ("accepted",), ("asked",), ("responded", "closed"), ("refused",))
_ROWS_AT_ONCE = 10_000
_TEMPLATES = 400


def generate_rows(
    engine: Engine, agencies: Sequence[str], count: int, days: int, now: datetime, deadlines: Deadlines
) -> None:
    """Store `count` cases that arrived in the last `days` days, with their counts.

    A few hundred cases are derived; the others are copies of them on other days.
    """
    chooser = random.Random(1)  # noqa: S311 - examples
    templates = [_template(chooser, agencies, now, deadlines) for _ in range(min(_TEMPLATES, count))]
    rows = _copies(chooser, templates, count, days)
    while chunk := [row for _, row in zip(range(_ROWS_AT_ONCE), rows, strict=False)]:
        day_counts: Counter[Any] = Counter()
        pair_counts: Counter[Any] = Counter()
        for row in chunk:
            day_counts.update(day_tallies(row))
            pair_counts.update(pair_tallies(row))
        with write_transaction(engine) as connection:
            connection.execute(insert(OversightCase), chunk)
            add_counts(connection, OversightDay, day_counts)
            add_counts(connection, OversightPairDay, pair_counts)


def _copies(
    chooser: random.Random, templates: Sequence[dict[str, Any]], count: int, days: int
) -> Iterator[dict[str, Any]]:
    for number in range(count):
        template, earlier = templates[number % len(templates)], timedelta(days=chooser.randrange(days))
        row = {name: value - earlier if isinstance(value, datetime) else value for name, value in template.items()}
        id_ = UUID(int=(number * 0x9E3779B97F4A7C15_F39CC0605CEDC835 + 1) % 2**128)
        yield {**row, "complaint_id": id_, "tracking": f"N{number}", "day": jakarta_day(row["received_at"])}


def _template(chooser: random.Random, agencies: Sequence[str], now: datetime, deadlines: Deadlines) -> dict[str, Any]:
    """Return the row of a case that arrived in the last weeks; some are refused twice, some are at triage."""
    received_at = now - timedelta(days=chooser.randrange(90), seconds=chooser.randrange(86_400))
    hops = [chooser.choice(agencies) for _ in range(chooser.choice((1, 1, 1, 2, 3)))]
    codes = [*hops, *([TRIAGE] if chooser.random() < 1 / 10 else [])]
    topic, region = f"topik-{chooser.randrange(50)}", f"{chooser.randrange(11, 97)}.01"
    dispatches = [
        _dispatch(received_at + timedelta(hours=30 * hop), hop, code, topic, region) for hop, code in enumerate(codes)
    ]
    answers = [_answer(item, "refused", 20) for item in dispatches[:-1]]
    answers += [_answer(dispatches[-1], verdict, hours) for hours, verdict in enumerate(chooser.choice(_COURSES), 2)]
    facts = ReportFacts(
        id=UUID(int=1),
        tracking="",
        received_at=received_at,
        channel=chooser.choice(("web", "sms", "twitter", "mobile")),
        kind="pengaduan",
        act="reports",
        is_merged=False,
        is_merged_by_person=False,
        dispatches=tuple(dispatches),
        answers=tuple(answers),
    )
    row = case_row(facts, case_clocks(facts, deadlines), deadlines, PROGRAMMES)
    assert row is not None
    return row


def _dispatch(at: datetime, hop: int, agency: str, topic: str, region: str) -> StoredDispatch:
    return StoredDispatch(
        id=UUID(int=hop),
        complaint_id=UUID(int=1),
        hop=hop,
        agency=agency,
        own_case=True,
        case_id=UUID(int=1),
        relation="new",
        act="reports",
        danger="",
        reopened=0,
        topic=topic,
        region=region,
        at=at,
        due_at=at,
    )


def _answer(dispatch: StoredDispatch, verdict: Verdict, hours: float) -> CaseAnswer:
    return CaseAnswer(dispatch.at + timedelta(hours=hours), f"agency-answers/0/{int(hours)}", dispatch.hop, verdict)
