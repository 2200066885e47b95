"""Decision about a reply, and the order of delivery statuses: functions of values."""

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


def history(
    paused_until: datetime = NOW,
    window_starts: tuple[datetime | None, datetime | None] = (None, None),
    sent_to_sender: int = 0,
    unreachable: tuple[str, datetime] | None = None,
) -> DeliveryHistory:
    """Return a delivery history; by default an empty one."""
    return DeliveryHistory(paused_until, window_starts, sent_to_sender, unreachable)


@pytest.mark.parametrize(
    ("delivery_history", "decision"),
    [
        (history(), SendNow()),
        (history(paused_until=NOW + timedelta(seconds=9)), WaitUntil(NOW + timedelta(seconds=9))),
        (history(window_starts=(NOW - timedelta(seconds=59), None)), WaitUntil(NOW + timedelta(seconds=1))),
        (history(window_starts=(NOW - timedelta(seconds=60), None)), SendNow()),
        (history(window_starts=(NOW, NOW - timedelta(hours=23))), WaitUntil(NOW + timedelta(hours=1))),
        (history(sent_to_sender=2), SendNow()),
        (history(sent_to_sender=3), Withhold("sender_limit")),
        (history(unreachable=("opted_out", NOW - timedelta(days=30))), Withhold("opted_out")),
        (history(unreachable=("opted_out", NOW - timedelta(days=31))), SendNow()),
        (history(unreachable=("opted_out", NOW), paused_until=NOW + timedelta(days=1)), Withhold("opted_out")),
    ],
)
def test_limits(delivery_history: DeliveryHistory, decision: object) -> None:
    """Each limit holds at its edge. A withheld reply does not wait first."""
    assert decide_delivery(NOW, NOW, delivery_history, LIMITS) == decision


def test_maximum_age() -> None:
    """A reply is sent for a week and not a second longer."""
    assert decide_delivery(NOW - timedelta(days=7), NOW, history(), LIMITS) == SendNow()
    assert decide_delivery(NOW - timedelta(days=7, seconds=1), NOW, history(), LIMITS) == Withhold("too_old", "expired")


def test_waits_double_up_to_a_maximum() -> None:
    """Waits double up to a maximum, also after a million failures."""
    assert [provider_backoff(failures).seconds for failures in (1, 2, 3, 8, 9, 1_000_000)] == [5, 10, 20, 640, 900, 900]
    assert [reply_backoff(attempts).seconds for attempts in (1, 2, 7, 8, 1_000_000)] == [30, 60, 1920, 3600, 3600]


@given(st.lists(st.sampled_from(STATUSES), max_size=12))
def test_the_latest_status_stays(received_statuses: list[str]) -> None:
    """In any order and any number, the latest status stays; of two final ones the first."""
    current = ""
    for status in received_statuses:
        previous = current
        current = status if is_later_status(current, status) else current
        assert not (is_later_status(current, previous) and previous)
    final_statuses = [status for status in received_statuses if status in {"delivered", "undelivered", "failed"}]
    if "read" in received_statuses:
        assert current == "read"
    elif final_statuses:
        assert current == final_statuses[0]
    elif "sent" in received_statuses:
        assert current == "sent"
