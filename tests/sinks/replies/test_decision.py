"""Whether a reply goes, and what a provider's word changes: functions of values."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.replies.decision import (
    DeliveryHistory,
    ReplyLimits,
    SendNow,
    WaitUntil,
    Withhold,
    decide_delivery,
    is_later_status,
    provider_backoff,
    reply_backoff,
)
from tests.conftest import NOW

LIMITS = ReplyLimits(3, [(2, timedelta(minutes=1)), (9, timedelta(days=1))], timedelta(days=7))
STATUSES = ("accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "nonsense", "")


def past(
    not_before: datetime = NOW,
    full: tuple[datetime | None, datetime | None] = (None, None),
    to_sender: int = 0,
    unreachable: tuple[str, datetime] | None = None,
) -> DeliveryHistory:
    """A past, of nothing."""
    return DeliveryHistory(not_before, full, to_sender, unreachable)


@pytest.mark.parametrize(
    ("before", "verdict"),
    [
        (past(), SendNow()),
        (past(not_before=NOW + timedelta(seconds=9)), WaitUntil(NOW + timedelta(seconds=9))),
        (past(full=(NOW - timedelta(seconds=59), None)), WaitUntil(NOW + timedelta(seconds=1))),
        (past(full=(NOW - timedelta(seconds=60), None)), SendNow()),
        (past(full=(NOW, NOW - timedelta(hours=23))), WaitUntil(NOW + timedelta(hours=1))),
        (past(to_sender=2), SendNow()),
        (past(to_sender=3), Withhold("sender_limit")),
        (past(unreachable=("opted_out", NOW - timedelta(days=30))), Withhold("opted_out")),
        (past(unreachable=("opted_out", NOW - timedelta(days=31))), SendNow()),
        (past(unreachable=("opted_out", NOW), not_before=NOW + timedelta(days=1)), Withhold("opted_out")),
    ],
)
def test_what_went_before(before: DeliveryHistory, verdict: object) -> None:
    """Each limit alone, at its edge; what is withheld does not wait first."""
    assert decide_delivery(NOW, NOW, before, LIMITS) == verdict


def test_age() -> None:
    """A week is young enough, a second more is not."""
    assert decide_delivery(NOW - timedelta(days=7), NOW, past(), LIMITS) == SendNow()
    assert decide_delivery(NOW - timedelta(days=7, seconds=1), NOW, past(), LIMITS) == Withhold("too_old", "expired")


def test_waits_double_up_to_an_end() -> None:
    """However long a provider is away."""
    assert [provider_backoff(failures).seconds for failures in (1, 2, 3, 8, 9, 1_000_000)] == [5, 10, 20, 640, 900, 900]
    assert [reply_backoff(attempts).seconds for attempts in (1, 2, 7, 8, 1_000_000)] == [30, 60, 1920, 3600, 3600]


@given(st.lists(st.sampled_from(STATUSES), max_size=12))
def test_no_status_is_a_step_back(told: list[str]) -> None:
    """In whatever order and however often they come, the furthest stays; of two ends the first."""
    known = ""
    for status in told:
        before = known
        known = status if is_later_status(known, status) else known
        assert not (is_later_status(known, before) and before)
    ends = [status for status in told if status in {"delivered", "undelivered", "failed"}]
    if "read" in told:
        assert known == "read"
    elif ends:
        assert known == ends[0]
    elif "sent" in told:
        assert known == "sent"
