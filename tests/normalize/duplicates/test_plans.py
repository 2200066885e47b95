"""The look-up of a batch reads no table as a whole, on each database: it costs as much with a million complaints."""

import pytest
from sqlalchemy import Connection, Engine

from app.assembly.parts import Parts
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.expiry import COMPARISON_PERIOD
from tests.conftest import NOW
from tests.normalize.duplicates.conftest import ReadMessage, message
from tests.normalize.duplicates.test_decisions import AFTERNOON, MORNING, OTHER_STREET, normalize, report
from tests.support.query_plans import plans, scanned_tables
from tests.support.stages import make_normalizer

_TABLES = ("normalize_matter", "normalize_key", "normalize_closed")


@pytest.mark.parametrize("text", [AFTERNOON, OTHER_STREET])
def test_a_look_up_reads_no_table_as_a_whole(
    parts: Parts, engine: Engine, detection: DuplicateDetection, read_message: ReadMessage, text: str
) -> None:
    """The statements are those of the keys, of the candidates with their closings, and of the members of matters."""
    stage = make_normalizer(engine, parts.sealer, matcher=detection.matcher)
    normalize(stage, report(parts, MORNING, "a"), report(parts, AFTERNOON, "b", 1))
    keys = detection.matcher.lookup_keys(read_message(message(text)))

    def look_up(connection: Connection) -> None:
        expiry = NOW - COMPARISON_PERIOD
        earlier_complaints = EarlierComplaints(connection, ComparableForms(parts.sealer), [keys], expiry)
        for candidate in earlier_complaints.candidates(keys):
            assert list(earlier_complaints.members(candidate.root_id))

    look_ups = plans(engine, look_up)
    assert any("root" in statement for statement, _ in look_ups)
    assert {table for _, plan in look_ups for table in scanned_tables(plan, _TABLES)} == set()
