"""Words for deadlines, transfers and numbers."""

from datetime import datetime, timedelta
from typing import get_args

import pytest

from desk.acts.answers import ActFault
from desk.pages import wording
from desk.pages.case.act_slugs import NAMES, RIGHTS, VERDICTS_BY_NAME
from desk.pages.list_query import TABS_BY_NAME
from desk.read_model.queries import MAX_COUNT, TABS
from messages.shapes import Verdict
from pages.translation.language import in_language
from pages.translation.translator import load_translator
from tests.conftest import NOW

# `NOW` is 15.04 in Jakarta and 17.04 in Jayapura.
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("due_at", "region", "text", "urgency"),
    [
        (NOW + 7 * DAY, "", "sisa 7 hari", "calm"),
        (NOW + 3 * DAY, "", "sisa 3 hari", "calm"),
        (NOW + 2 * DAY, "", "sisa 2 hari", "soon"),
        (NOW + DAY, "", "tenggat besok", "soon"),
        (NOW + HOUR, "", "tenggat hari ini", "soon"),
        (NOW, "", "tenggat hari ini", "soon"),
        (NOW - HOUR, "", "lewat tenggat hari ini", "late"),
        (NOW - DAY, "", "lewat 1 hari", "late"),
        (NOW - 40 * DAY, "", "lewat 40 hari", "late"),
        # Eight hours later it is still today in Jakarta, and tomorrow in Jayapura.
        (NOW + 8 * HOUR, "33.74", "tenggat hari ini", "soon"),
        (NOW + 8 * HOUR, "91", "tenggat besok", "soon"),
        (NOW - 16 * HOUR, "33.74", "lewat 1 hari", "late"),
        (NOW - 16 * HOUR, "91", "lewat tenggat hari ini", "late"),
    ],
)
def test_a_deadline_is_told_in_days_of_the_agency(due_at: datetime, region: str, text: str, urgency: str) -> None:
    """The calendar of the agency's time zone counts, not periods of 24 hours."""
    deadline = wording.deadline_in_words(due_at, NOW, region, clock_stopped=False)
    assert (deadline.text, deadline.urgency) == (text, urgency)


def test_a_stopped_clock_is_never_late() -> None:
    """While the agency waits for the sender, the deadline cannot pass."""
    deadline = wording.deadline_in_words(NOW - 9 * DAY, NOW, "", clock_stopped=True)
    assert (deadline.text, deadline.urgency) == ("tenggat berhenti", "stopped")


def test_one_day_is_singular_in_english() -> None:
    """English has two forms."""
    translate = load_translator().translate
    with in_language("en"):
        assert translate(wording.deadline_in_words(NOW - DAY, NOW, "", clock_stopped=False).text) == "1 day late"
        assert translate(wording.deadline_in_words(NOW + 5 * DAY, NOW, "", clock_stopped=False).text) == "5 days left"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (wording.transfers_in_words(0), None),
        (wording.transfers_in_words(2), "alihan ke-2"),
        (wording.joined_in_words(0), None),
        (wording.joined_in_words(12), "12 warga lain"),
        (wording.pictures_in_words(0), None),
        (wording.pictures_in_words(3), "3 berkas"),
        (wording.count_in_words(0), "0"),
        (wording.count_in_words(MAX_COUNT - 1), "9999"),
        (wording.count_in_words(MAX_COUNT), "10000+"),
    ],
)
def test_numbers_in_words(text: str | None, words: str | None) -> None:
    """What is nothing is not mentioned. A count that stopped at its limit says so."""
    assert text == words


def test_everything_has_a_word() -> None:
    """No act, fault or tab is shown by its name in the program."""
    verdicts = set(get_args(Verdict))
    assert wording.ACT_NAMES.keys() == wording.ACTS_DONE.keys() == RIGHTS.keys() == NAMES.keys() == verdicts
    assert set(VERDICTS_BY_NAME.values()) == verdicts
    assert wording.FAULTS.keys() == set(get_args(ActFault))
    assert wording.TAB_NAMES.keys() == wording.EMPTY_TABS.keys() == set(TABS_BY_NAME.values()) == set(TABS)
