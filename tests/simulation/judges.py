"""Judges of a run at rest, beside the audit and the comparison of the models: what no other model repeats."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from sqlalchemy import Connection, Engine, inspect, text
from sqlmodel import col, select

from cases.course.verdicts import CaseState
from cases.facts.tables import AnswerFact
from normalize.duplicates.store.closed_cases import is_still_closed
from normalize.duplicates.store.tables import ClosedComplaint, ComparableRow
from router.answer_store import AnswerRecord
from tests.chaos.comparisons import Difference, latest_places
from tests.chaos.facts import TopicFacts, ledger_states


def normalizer_differences(connection: Connection, topics: TopicFacts) -> Iterator[Difference]:
    """Yield each closed case that the normalizer takes for open: a later report would join it and be seen by nobody.

    And each report that a person merged, and that the normalizer has in another case.
    """
    places = latest_places(topics.dispatches)
    cases = [complaint_id for complaint_id, place in places.items() if place.case_id == complaint_id]
    states: Mapping[UUID, CaseState] = ledger_states(connection, cases)
    closed = set(connection.execute(select(col(ClosedComplaint.complaint_id)).where(is_still_closed())).scalars())
    for complaint_id in sorted(each for each, state in states.items() if state == "selesai" and each not in closed):
        yield Difference("normalizer: closed", str(complaint_id), "closed, and the normalizer takes it for open")
    grouped = connection.execute(select(col(ComparableRow.complaint_id), col(ComparableRow.root)))
    roots: Mapping[UUID, UUID | None] = {row.complaint_id: row.root for row in grouped}
    corrected = {key[0] for key in topics.corrections}
    for complaint_id in sorted(each for each in corrected if isinstance(each, UUID)):
        place, root = places.get(complaint_id), roots.get(complaint_id) or complaint_id
        if place and complaint_id in roots and place.case_id not in {complaint_id, root}:
            text = f"merged into {place.case_id}, grouped with {root}"
            yield Difference("normalizer: group", str(complaint_id), text)


def believed_forgeries(connection: Connection, forged: Collection[UUID]) -> Iterator[Difference]:
    """Yield each answer of an attacker that the router or the facts have."""
    for name, answer_id in {"router": col(AnswerRecord.id), "cases": col(AnswerFact.id)}.items():
        ids = connection.execute(select(answer_id).where(answer_id.in_(forged))).scalars()
        yield from (Difference(f"forged: {name}", str(id_), "an attacker's answer counts") for id_ in ids)


def remaining_words(engine: Engine, names: Collection[str]) -> Iterator[Difference]:
    """Yield each column of the database that has a name of a forgotten person."""
    if not names:
        return
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")).mappings():  # noqa: S608 - our own tables
                for column, value in row.items():
                    if any(name.lower() in str(value).lower() for name in names):
                        yield Difference("leaked: words", f"{table}.{column}", "has words of a forgotten person")
