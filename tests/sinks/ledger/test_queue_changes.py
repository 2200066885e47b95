"""The kept counts of the agencies' queues equal a full count after every batch, on both databases."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from app.assembly.channels import DIRECTORY
from bus.port import Record
from config.database import read_transaction, write_transaction
from messages.topics import AGENCY_ANSWERS, TRIAGE
from privacy.blanks import blank_stored
from sinks.ledger.counts.queue_counts import QueueDay, count_queue_days, read_queues, recount_queues, stored_queue_days
from sinks.ledger.forgotten import BLANKS
from sinks.ledger.sink import LedgerSink
from tests.oversight.generated_year import AGENCIES, END, GeneratedYear
from tests.support.stages import ANSWER_CHECK

_CASES = 60
_INSTITUTIONS = (*AGENCIES, TRIAGE)
_MOST_RECORDS = 25


def ledger_sink(engine: Engine) -> LedgerSink:
    """Return a sink that takes the answers of the generated agencies."""
    return LedgerSink(engine, DIRECTORY.names, ANSWER_CHECK, lambda: _INSTITUTIONS)


def counts(engine: Engine) -> tuple[Counter[QueueDay], Counter[QueueDay]]:
    """Return the kept counts and those of the rows."""
    with read_transaction(engine) as connection:
        return stored_queue_days(connection), count_queue_days(connection)


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
    sink, compared = ledger_sink(engine), 0
    for batch in batches(records, chance):
        sink.handle(batch)
        if chance.random() < 1 / 10:
            _forget_somebody(engine, year, chance)
        if chance.random() < 1 / 10:
            with write_transaction(engine) as connection:
                recount_queues(connection)
        kept, full = counts(engine)
        assert kept == full
        compared += full.total()
    assert compared
    with read_transaction(engine) as connection:
        queues = read_queues(connection, END)
    assert sum(queue.cases for queue in queues) == full.total()
    assert {queue.agency: queue.oldest for queue in queues} == oldest_by_agency(engine)


def _forget_somebody(engine: Engine, year: GeneratedYear, chance: random.Random) -> None:
    case = chance.choice(year.cases)
    with write_transaction(engine) as connection:
        for blank in BLANKS:
            blank_stored(connection, blank, [case.id])


def oldest_by_agency(engine: Engine) -> dict[str, datetime]:
    """Return the time of each agency's oldest unanswered case, by an own query."""
    query = """
        SELECT agency, dispatched_at FROM ledger_dispatch AS d WHERE own_case
        AND NOT EXISTS (SELECT 1 FROM ledger_dispatch AS e WHERE e.complaint_id = d.complaint_id AND e.hop > d.hop)
        AND NOT EXISTS (SELECT 1 FROM ledger_answer AS a WHERE a.dispatch_id = d.id AND a.agency = d.agency)
        ORDER BY dispatched_at DESC
    """
    with read_transaction(engine) as connection:
        return {row.agency: _moment(row.dispatched_at) for row in connection.execute(text(query))}


def _moment(value: datetime | str) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def test_two_sinks_that_change_the_same_cases_at_once_miss_nothing(engine: Engine) -> None:
    """Each process sees what the other has committed, although one has the dispatches and the other the answers."""
    records = GeneratedYear(7).generate(_CASES)
    answers = [record for record in records if record.topic == AGENCY_ANSWERS]
    others = [record for record in records if record.topic != AGENCY_ANSWERS]
    barrier = threading.Barrier(2)

    def work(share: Sequence[Record]) -> None:
        sink = ledger_sink(engine)
        barrier.wait()
        for start in range(0, len(share), 5):
            sink.handle(share[start : start + 5])

    threads = [threading.Thread(target=work, args=(share,)) for share in (answers, others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept, full = counts(engine)
    assert full.total() > 0
    assert kept == full


def test_a_batch_that_fails_changes_no_count(engine: Engine) -> None:
    """Rows and counts are one transaction."""

    def fail(*_: object) -> None:
        raise RuntimeError("the process ends here")

    records = GeneratedYear(3).generate(20)
    sink = LedgerSink(engine, DIRECTORY.names, ANSWER_CHECK, lambda: _INSTITUTIONS, fail)
    with pytest.raises(RuntimeError):
        sink.handle(records)
    kept, full = counts(engine)
    assert (kept, full) == (Counter(), Counter())
    ledger_sink(engine).handle(records)
    kept, full = counts(engine)
    assert full.total() > 0
    assert kept == full
