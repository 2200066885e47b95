"""The audit names a queue that is miscounted, and `satupintu queues-recount` counts it again."""

import pytest
from sqlalchemy import delete
from sqlmodel import col
from typer.testing import CliRunner, Result

from app.assembly.parts import Parts
from app.cli import app
from config.database import read_transaction, write_transaction
from monitor.audit.audit import Difference
from sinks.ledger.counts.queue_counts import read_queues
from sinks.ledger.tables import WaitingCaseRow
from tests.conftest import NOW
from tests.support import program
from tests.support.case_stages import make_case_stage
from tests.support.log_capture import captured_log
from tests.support.records import at
from tests.support.written_bus import PLN, complaint_id, dispatch

BY = ("--actor", "Budi", "--why", "salah hitung")


def run(*arguments: str) -> Result:
    """Run `satupintu` with these arguments."""
    with captured_log():
        return CliRunner().invoke(app, arguments)


def miscounted(parts: Parts, *, full: bool) -> list[Difference]:
    """Return the differences of an audit that concern counts of queues."""
    return [difference for difference in parts.audit(full=full).differences if difference.kind == "miscounted"]


def test_a_miscounted_queue_is_named_and_counted_again(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The agency's code and the number of cases are named; the recount is recorded."""
    program.set_environment(monkeypatch, parts.settings)
    make_case_stage(parts.engine).handle([at(dispatch(number, PLN), number) for number in range(3)])
    assert miscounted(parts, full=False) == []
    with write_transaction(parts.engine) as connection:
        connection.execute(delete(WaitingCaseRow).where(col(WaitingCaseRow.complaint_id) == complaint_id(0)))
    # The rows of the ledger have not changed since the first audit, so only a full pass counts them again.
    assert miscounted(parts, full=False) == []
    (difference,) = miscounted(parts, full=True)
    assert miscounted(parts, full=False) == [difference]
    assert (difference.name, difference.id) == ("queue_miscounted", PLN)
    assert difference.text.endswith("by 1")
    assert run("queues-recount").exit_code == 2
    recounted = run("queues-recount", *BY)
    assert (recounted.exit_code, recounted.stdout) == (0, "3 unanswered cases\n")
    with read_transaction(parts.engine) as connection:
        assert [(queue.agency, queue.cases) for queue in read_queues(connection, NOW)] == [(PLN, 3)]
    assert miscounted(parts, full=False) == []
    with parts.audit_log.rows() as rows:
        assert [(row.act.action, row.act.why) for row in rows] == [("queues.recount", "salah hitung")]
