"""Generates rows of the desk's read model, as many as a country has, without the stages before it."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert

from cases.course.case_course import CaseAnswer
from cases.facts.rows import dispatch_fact
from cases.facts.store import store_facts
from config.database import write_transaction
from desk.read_model.case_rows import CaseFacts, case_rows
from desk.read_model.change_order import number_changes
from desk.read_model.search import index_cases
from desk.read_model.tables import DeskCase
from messages.shapes import Dispatch, Place, Reason, Report, Verdict
from messages.tracking import tracking_number
from tests.support.deadlines import DEADLINES

_WORDS = (
    *("jalan", "lampu", "rusak", "padam", "puskesmas", "antrean", "sampah", "selokan", "banjir", "KTP", "pelayanan"),
    *("petugas", "listrik", "air", "sekolah", "guru", "bantuan", "parkir", "macet", "trotoar", "jembatan"),
)
_VERDICTS: Sequence[tuple[Verdict, ...]] = ((), (), ("accepted",), ("asked",), ("responded", "closed"))
_ROWS_AT_ONCE = 5_000
_CASES_PER_DANGER = 11


def generate_cases(engine: Engine, agencies: Sequence[str], count: int, now: datetime, seed: int = 1) -> None:
    """Store `count` cases, spread over the agencies by chance: the first one has half of them."""
    chooser = random.Random(seed)  # noqa: S311 - examples
    cases = _cases(chooser, agencies, count, now)
    while chunk := [row for _, row in zip(range(_ROWS_AT_ONCE), cases, strict=False)]:
        with write_transaction(engine) as connection:
            store_facts(connection, [dispatch_fact(dispatch, dispatch.at) for dispatch, _ in chunk])
            connection.execute(insert(DeskCase), [case for _, case in chunk])
            index_cases(connection, [case for _, case in chunk])
            number_changes(connection, {case["dispatch_id"]: case["agency"] for _, case in chunk})


def _cases(
    chooser: random.Random, agencies: Sequence[str], count: int, now: datetime
) -> Iterator[tuple[Dispatch, dict[str, Any]]]:
    for number in range(count):
        dispatch = _dispatch(chooser, agencies, number, now)
        verdicts = chooser.choice(_VERDICTS)
        answers = [
            CaseAnswer(dispatch.at + timedelta(hours=hour + 1), f"agency-answers/0/{hour}", 0, verdict)
            for hour, verdict in enumerate(verdicts)
        ]
        (row,) = case_rows(CaseFacts([dispatch], answers, {}), DEADLINES)
        row["joined"] = chooser.choice((0, 0, 0, 0, 1, 3, 12))
        row["refusals"] = int(chooser.random() < 1 / 20)
        row["suggested_id"] = _id(3 * chooser.randrange(count) + 2) if chooser.random() < 1 / 20 else None
        yield dispatch, row


def _dispatch(chooser: random.Random, agencies: Sequence[str], number: int, now: datetime) -> Dispatch:
    at = now - timedelta(minutes=chooser.randrange(60 * 24 * 90))
    agency = agencies[0] if chooser.random() < 1 / 2 else chooser.choice(agencies)
    return Dispatch(
        id=_id(3 * number),
        message_id=_id(3 * number + 1),
        at=at,
        complaint_id=_id(3 * number + 2),
        tracking=generated_number(number),
        channel=chooser.choice(("web", "sms", "twitter", "mobile")),
        agency=agency,
        reasons=(Reason(rule="topic", text="Kewenangan pemerintah kota menurut UU 23/2014."),),
        rules_version="generated",
        hop=0,
        due_at=at + timedelta(days=7),
        report=Report(
            title=" ".join(chooser.choices(_WORDS, k=5)),
            text=" ".join(chooser.choices(_WORDS, k=40)),
            place=Place(district=f"Kecamatan {chooser.randrange(1, 20)}", region="Kota Semarang"),
        ),
        topic=f"topik-{chooser.randrange(50)}",
        region=f"33.74.{chooser.randrange(1, 17):02d}",
        danger="" if number % _CASES_PER_DANGER else "fire",
    )


def generated_number(number: int) -> str:
    """Return the tracking number of the generated case with this number."""
    return tracking_number(_id(3 * number + 1), b"generated")


def _id(number: int) -> UUID:
    return UUID(int=(number * 0x9E3779B97F4A7C15_F39CC0605CEDC835) % 2**128)
