"""Decisions after an attempt, as a table."""

from datetime import timedelta

import pytest

from desk.webhooks.schedule import (
    CIRCUIT_FAILURES,
    MAX_RETRY_AFTER,
    RETRY_DELAYS,
    AttemptResult,
    Delivered,
    DeliveryProgress,
    GiveUp,
    RetryAt,
    SwitchOff,
    allowed_deliveries,
    decide_after_attempt,
)
from tests.conftest import NOW

_FAULT = AttemptResult(500, "http_error")
_MIDDLE = 0.5
_FOUR_DAYS_AGO = NOW - timedelta(days=4)


@pytest.mark.parametrize("attempts", range(len(RETRY_DELAYS)))
def test_each_failure_waits_longer(attempts: int) -> None:
    """The waits are those of the table: 5 s, 5 min, … 24 h. The first circuit is not open yet."""
    decision = decide_after_attempt(_FAULT, DeliveryProgress(attempts, NOW, 0, None), NOW, _MIDDLE)
    assert decision == RetryAt(NOW + RETRY_DELAYS[attempts], None)


@pytest.mark.parametrize(("jitter", "factor"), [(0.0, 0.8), (_MIDDLE, 1.0), (1.0, 1.2)])
def test_jitter_varies_the_wait_by_a_fifth(jitter: float, factor: float) -> None:
    """Deliveries that failed together are not tried again together."""
    decision = decide_after_attempt(_FAULT, DeliveryProgress(1, NOW, 0, None), NOW, jitter)
    assert decision == RetryAt(NOW + RETRY_DELAYS[1] * factor, None)


def test_the_waits_are_three_days_in_all() -> None:
    """Agencies are closed at weekends."""
    assert timedelta(days=3) <= sum(RETRY_DELAYS, timedelta()) <= timedelta(days=4)


@pytest.mark.parametrize(
    ("first_attempt_at", "last_success_at", "decision"),
    [
        (_FOUR_DAYS_AGO, None, SwitchOff("failing")),
        (_FOUR_DAYS_AGO, _FOUR_DAYS_AGO - timedelta(seconds=1), SwitchOff("failing")),
        (_FOUR_DAYS_AGO, _FOUR_DAYS_AGO + timedelta(seconds=1), GiveUp()),
        (NOW - timedelta(days=2), None, RetryAt(NOW + RETRY_DELAYS[-1], None)),
    ],
)
def test_after_the_last_wait(first_attempt_at: object, last_success_at: object, decision: object) -> None:
    """An address that took nothing is switched off. One that took other notices loses this notice alone.

    Attempts that a recovered address used up earlier do not shorten the three days.
    """
    progress = DeliveryProgress(len(RETRY_DELAYS), first_attempt_at, 0, last_success_at)  # type: ignore[arg-type]  # table
    assert decide_after_attempt(_FAULT, progress, NOW, _MIDDLE) == decision


@pytest.mark.parametrize("attempts", [0, 5, 20])
def test_an_address_that_is_gone_is_switched_off_at_once(attempts: int) -> None:
    """410 means that the agency removed the address."""
    decision = decide_after_attempt(
        AttemptResult(410, "http_error"), DeliveryProgress(attempts, NOW, 0, NOW), NOW, _MIDDLE
    )
    assert decision == SwitchOff("gone")


@pytest.mark.parametrize(
    ("failures", "pause"),
    [
        (CIRCUIT_FAILURES - 2, None),
        (CIRCUIT_FAILURES - 1, timedelta(seconds=30)),
        (CIRCUIT_FAILURES, timedelta(minutes=1)),
        (CIRCUIT_FAILURES + 3, timedelta(minutes=8)),
        (CIRCUIT_FAILURES + 4, timedelta(minutes=15)),
        (10_000, timedelta(minutes=15)),
    ],
)
def test_repeated_failures_open_the_circuit(failures: int, pause: timedelta | None) -> None:
    """From the fifth failure in a row on, the webhook rests after each, longer each time."""
    decision = decide_after_attempt(_FAULT, DeliveryProgress(0, NOW, failures, None), NOW, _MIDDLE)
    assert decision == RetryAt(NOW + RETRY_DELAYS[0], None if pause is None else NOW + pause)


@pytest.mark.parametrize(
    ("requested", "wait"),
    [
        (timedelta(seconds=1), RETRY_DELAYS[0]),
        (timedelta(minutes=2), timedelta(minutes=2)),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=400), MAX_RETRY_AFTER),
        (timedelta(days=-1), RETRY_DELAYS[0]),
    ],
)
def test_a_busy_receiver_names_the_wait(requested: timedelta, wait: timedelta) -> None:
    """`Retry-After` replaces the wait, from five seconds up to a day. The webhook rests for as long."""
    result = AttemptResult(429, "http_error", requested)
    decision = decide_after_attempt(result, DeliveryProgress(3, NOW, 3, None), NOW, _MIDDLE)
    assert decision == RetryAt(NOW + wait, NOW + wait)


def test_a_failing_receiver_that_is_busy_gets_probes_sooner() -> None:
    """With an open circuit a short `Retry-After` shortens the pause, too; half a minute stays."""
    busy, progress = AttemptResult(503, "http_error", timedelta(seconds=1)), DeliveryProgress(8, NOW, 40, None)
    decision = decide_after_attempt(busy, progress, NOW, _MIDDLE)
    assert decision == RetryAt(NOW + RETRY_DELAYS[0], NOW + timedelta(seconds=30))


@pytest.mark.parametrize(
    ("failures", "recovered"), [(0, False), (CIRCUIT_FAILURES - 1, False), (CIRCUIT_FAILURES, True)]
)
def test_a_success_ends_an_outage(failures: int, *, recovered: bool) -> None:
    """After the probe of an open circuit, everything that waits is due."""
    decision = decide_after_attempt(AttemptResult(204), DeliveryProgress(3, NOW, failures, None), NOW, _MIDDLE)
    assert decision == Delivered(recovered)


@pytest.mark.parametrize(
    ("failures", "webhook_in_flight", "agency_in_flight", "allowed"),
    [(0, 0, 0, 2), (0, 1, 1, 1), (0, 0, 2, 0), (0, 0, 3, 0), (5, 0, 0, 1), (5, 1, 1, 0), (5, 0, 2, 0)],
)
def test_deliveries_in_flight_are_limited(
    failures: int, webhook_in_flight: int, agency_in_flight: int, allowed: int
) -> None:
    """Two for an agency here; one, the probe, while the circuit is open."""
    assert allowed_deliveries(failures, webhook_in_flight, agency_in_flight, 2) == allowed
