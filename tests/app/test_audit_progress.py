"""A long audit notes how far it is."""

from app.assembly.parts import Parts
from app.commands.common.audit_progress import AuditProgress
from tests.support.written_bus import AuditedBus, arrival

_RECORDS = 2_500


def notes_at(*steps: tuple[float, int]) -> list[str]:
    """Return the notes of an audit of 3,000 records that has read so many at these seconds."""
    seconds, notes = [0.0], list[str]()
    progress = AuditProgress(lambda: seconds[0], notes.append)
    for second, records in steps:
        seconds[0] = second
        progress(records, 3_000)
    return notes


def test_a_short_audit_notes_nothing() -> None:
    """It ends before anybody wonders."""
    assert notes_at((1, 1_000), (2, 2_000), (4.9, 3_000)) == []


def test_a_long_audit_notes_how_far_it_is() -> None:
    """A note every five seconds, and one when everything is read: the comparison may last, too."""
    assert notes_at((1, 500), (5, 1_000), (9, 1_500), (10, 2_000), (11, 3_000)) == [
        "1,000 of 3,000 records are read.",
        "2,000 of 3,000 records are read.",
        "All 3,000 records are read. What became of them is compared now.",
    ]


def test_an_audit_reports_what_it_has_read(parts: Parts) -> None:
    """It knows before how many records there are. An audit without news has read all of them at once."""
    AuditedBus(parts.bus).publish(*map(arrival, range(_RECORDS)))
    reports = list[tuple[int, int]]()
    parts.audit(full=True, progress=lambda *report: reports.append(report))
    assert reports == [(1_000, _RECORDS), (2_000, _RECORDS), (_RECORDS, _RECORDS)]
    reports.clear()
    parts.audit(progress=lambda *report: reports.append(report))
    assert reports == [(0, 0)]
