"""Statements of the dialogue use an index: none reads a whole table."""

from sqlalchemy import Engine

from tests.normalize.conversation.citizen import Citizen
from tests.support.query_plans import plans_of, scanned_tables


def test_every_statement_uses_an_index(citizen: Citizen, engine: Engine) -> None:
    """The answers of an agency, and what the sender writes before and after them."""
    report = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")

    def converse() -> None:
        citizen.answer(report, "asked")
        citizen.send("nomor meter 14000000011, rumah cat hijau")
        citizen.answer(report, "responded")
        citizen.answer(report, "closed")
        citizen.send(f"BELUM {report['tracking']} masih padam")

    for table in ("normalize_sender_report", "normalize_closed", "normalize_matter"):
        plans = plans_of(engine, converse, table)
        assert len(plans) > 1
        assert not any(scanned_tables(plan, [table]) for plan in plans)
