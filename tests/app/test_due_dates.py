"""Deadlines on pages and in commands say if the decree of their year is missing."""

from datetime import UTC, datetime

import pytest

from app.commands.triage import due_in_words
from pages.environment import page_environment
from pages.translation.language import in_language
from pages.translation.translator import load_translator
from tests.support.deadlines import DEADLINES

CERTAIN, PROVISIONAL = datetime(2027, 12, 31, 15, 30, tzinfo=UTC), datetime(2028, 1, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due_at", "region", "language", "text"),
    [
        (CERTAIN, "", "id", "31 Des 2027 22.30 WIB, 31 Des 2027"),
        # The new year has begun in Papua.
        (CERTAIN, "91", "id", "1 Jan 2028 00.30 WIT (sementara), 1 Jan 2028 (sementara)"),
        (PROVISIONAL, "51", "en", "3 Jan 2028 10:00 WITA (provisional), 3 Jan 2028 (provisional)"),
    ],
)
def test_a_page_shows_a_provisional_deadline(due_at: datetime, region: str, language: str, text: str) -> None:
    """In the zone of the region and the language of the page."""
    environment = page_environment([], load_translator(), DEADLINES.calendar.is_provisional)
    template = environment.from_string("{{ at|due_time(region) }}, {{ at|due_date(region) }}")
    with in_language(language):
        assert template.render(at=due_at, region=region) == text


def test_a_command_shows_a_provisional_deadline() -> None:
    """Beside the moment."""
    assert due_in_words(CERTAIN, DEADLINES) == "2027-12-31T15:30:00.000Z"
    assert due_in_words(PROVISIONAL, DEADLINES) == "2028-01-03T02:00:00.000Z (provisional)"
