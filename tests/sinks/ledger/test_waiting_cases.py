"""The derived unanswered cases equal those of the facts after every batch, on both databases."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, String, Uuid, delete, select, text
from sqlmodel import col

from bus.port import Record
from cases.facts.log import log_forgotten
from cases.words.forgotten import blank_stored_words
from config.database import UtcDateTime, read_transaction, snapshot_transaction, write_transaction
from messages.topics import AGENCY_ANSWERS, TRIAGE
from sinks.ledger.counts.queue_counts import miscounted_queues, read_queues, recount_queues
from sinks.ledger.tables import WaitingCaseRow
from tests.oversight.generated_year import AGENCIES, END, GeneratedYear
from tests.support.case_stages import DerivingCases, queue_derivation

_CASES = 60
_INSTITUTIONS = (*AGENCIES, TRIAGE)
_MOST_RECORDS = 25


def case_stage(engine: Engine) -> DerivingCases:
    """Return a stage that takes the answers of the generated agencies."""
    return DerivingCases(engine, [queue_derivation()], institutions=lambda: _INSTITUTIONS)


def waiting_cases(engine: Engine) -> Mapping[UUID, str]:
    """Return the agency of each unanswered case as it is derived."""
    with read_transaction(engine) as connection:
        columns = (col(WaitingCaseRow.complaint_id), col(WaitingCaseRow.agency))
        return {row.complaint_id: row.agency for row in connection.execute(select(*columns))}


def unanswered_cases(engine: Engine) -> Mapping[UUID, str]:
    """Return the agency of each unanswered case, by an own query."""
    with read_transaction(engine) as connection:
        rows = connection.execute(text(_UNANSWERED).columns(complaint_id=Uuid(), agency=String(), at=UtcDateTime()))
        return {row.complaint_id: row.agency for row in rows}


def batches(records: Sequence[Record], chance: random.Random) -> Iterator[Sequence[Record]]:
    """Yield the records in batches of any size; some batches are delivered again, later."""
    earlier: list[Sequence[Record]] = []
    start = 0
    while start < len(records):
        size = chance.randrange(1, _MOST_RECORDS)
        earlier.append(records[start : start + size])
        start += size
        yield earlier[-1]
        if chance.random() < 1 / 5:
            yield chance.choice(earlier)


@pytest.mark.parametrize("seed", range(6))
def test_counts_equal_a_full_count_after_every_batch(engine: Engine, seed: int) -> None:
    """Of generated histories in order and in disorder: transfers, merges, repeated batches, forgetting, recounts."""
    year, chance = GeneratedYear(seed), random.Random(seed)  # noqa: S311 - examples
    records = list(year.generate(_CASES))
    if seed % 2:
        chance.shuffle(records)
    sink, compared = case_stage(engine), 0
    for batch in batches(records, chance):
        sink.handle(batch)
        if chance.random() < 1 / 10:
            _forget_somebody(engine, year, chance)
        if chance.random() < 1 / 10:
            with write_transaction(engine) as connection:
                recount_queues(connection)
        full = unanswered_cases(engine)
        assert waiting_cases(engine) == full
        compared += len(full)
    assert compared
    with read_transaction(engine) as connection:
        queues = read_queues(connection, END)
        assert miscounted_queues(connection) == {}
    assert {queue.agency: queue.cases for queue in queues} == Counter(full.values())
    assert {queue.agency: queue.oldest for queue in queues} == oldest_by_agency(engine)


def test_a_case_whose_facts_are_not_derived_yet_is_not_miscounted(engine: Engine) -> None:
    """A row that differs after the derivation is."""
    cases = case_stage(engine)
    cases.stage.handle(list(GeneratedYear(3).generate(_CASES)))
    with snapshot_transaction(engine) as connection:
        assert miscounted_queues(connection) == {}
    cases.handle([])
    with write_transaction(engine) as connection:
        connection.execute(delete(WaitingCaseRow))
    full = unanswered_cases(engine)
    with snapshot_transaction(engine) as connection:
        assert miscounted_queues(connection) == Counter(full.values())


def _forget_somebody(engine: Engine, year: GeneratedYear, chance: random.Random) -> None:
    case = chance.choice(year.cases)
    with write_transaction(engine) as connection:
        blank_stored_words(connection, [case.id])
        log_forgotten(connection, [case.id], END)


_UNANSWERED = """
    SELECT complaint_id, agency, at FROM case_dispatch AS d WHERE own_case
    AND NOT EXISTS (SELECT 1 FROM case_dispatch AS e WHERE e.complaint_id = d.complaint_id AND e.hop > d.hop)
    AND NOT EXISTS (SELECT 1 FROM case_answer AS a WHERE a.dispatch_id = d.id AND a.agency = d.agency)
    ORDER BY at DESC
"""


def oldest_by_agency(engine: Engine) -> dict[str, datetime]:
    """Return the time of each agency's oldest unanswered case, by an own query."""
    with read_transaction(engine) as connection:
        rows = connection.execute(text(_UNANSWERED).columns(complaint_id=Uuid(), agency=String(), at=UtcDateTime()))
        return {row.agency: row.at for row in rows}


def test_two_processes_that_change_the_same_cases_at_once_miss_nothing(engine: Engine) -> None:
    """Each process sees what the other has committed, although one has the dispatches and the other the answers."""
    records = GeneratedYear(7).generate(_CASES)
    answers = [record for record in records if record.topic == AGENCY_ANSWERS]
    others = [record for record in records if record.topic != AGENCY_ANSWERS]
    barrier = threading.Barrier(2)

    def work(share: Sequence[Record]) -> None:
        sink = case_stage(engine)
        barrier.wait()
        for start in range(0, len(share), 5):
            sink.handle(share[start : start + 5])

    threads = [threading.Thread(target=work, args=(share,)) for share in (answers, others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    full = unanswered_cases(engine)
    assert full
    assert waiting_cases(engine) == full
