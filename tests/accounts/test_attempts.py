"""Limits of attempts: at the same time, by network, and after their period."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from accounts.authentication.attempts import (
    ACCOUNT_IN_NETWORK,
    NETWORK,
    SECOND_FACTOR,
    AttemptLimits,
    TooManyAttempts,
)
from accounts.tables import SignInAttemptRow
from tests.accounts.desk import Desk

EMAIL = "sari@semarang.example"


def begun(limits: AttemptLimits, email: str, address: str) -> bool:
    """Return whether an attempt is allowed."""
    try:
        limits.begin(email, address)
    except TooManyAttempts:
        return False
    return True


def test_guesses_at_the_same_time(desk: Desk) -> None:
    """Sixteen guesses at one moment: eight are allowed, as if they came one after another."""
    allowed: list[bool] = []
    barrier = threading.Barrier(16)

    def guess() -> None:
        barrier.wait(60)
        allowed.append(begun(desk.services.limits, EMAIL, "198.51.100.7"))

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(allowed) == [False] * 8 + [True] * ACCOUNT_IN_NETWORK.attempts


def test_many_accounts_from_one_network(desk: Desk) -> None:
    """Somebody who tries one password at many accounts is limited by the network; another network is not."""
    limits = desk.services.limits
    allowed = [begun(limits, f"petugas{number}@semarang.example", "198.51.100.7") for number in range(61)]
    assert allowed == [True] * NETWORK.attempts + [False]
    assert begun(limits, EMAIL, "198.51.100.8")


@pytest.mark.parametrize(
    ("addresses", "attempts"),
    [
        ([f"2001:db8:1:2::{number:x}" for number in range(61)], NETWORK.attempts),
        pytest.param(
            [f"2001:db8:1:{number:x}::1" for number in range(241)], NETWORK.attempts * 4, marks=pytest.mark.slow
        ),
    ],
)
def test_networks_of_ipv6(desk: Desk, addresses: list[str], attempts: int) -> None:
    """The addresses of one household count together, those of a provider's network in its larger budget."""
    allowed = [begun(desk.services.limits, f"p{number}@x.example", address) for number, address in enumerate(addresses)]
    assert allowed == [True] * attempts + [False]


def test_a_refused_attempt_does_not_prolong_the_wait(desk: Desk) -> None:
    """The wait is counted from the attempts that were allowed, and gets shorter."""
    limits = desk.services.limits
    for _ in range(ACCOUNT_IN_NETWORK.attempts):
        limits.begin(EMAIL, "198.51.100.7")
    waits = []
    for _ in range(3):
        with pytest.raises(TooManyAttempts) as caught:
            limits.begin(EMAIL, "198.51.100.7")
        waits.append(caught.value.retry_after)
        desk.clock.advance(timedelta(minutes=5))
    assert waits == [900, 600, 300]
    assert begun(limits, EMAIL, "198.51.100.7")


def test_old_attempts_are_deleted(desk: Desk) -> None:
    """The table holds the attempts of the longest period, and no typed name."""
    desk.services.limits.begin(EMAIL, "198.51.100.7")
    with desk.engine.connect() as connection:
        rows = connection.execute(select(SignInAttemptRow)).all()
    assert EMAIL not in str(rows)
    assert "198.51.100.7" not in str(rows)
    desk.clock.advance(SECOND_FACTOR.period)
    desk.services.limits.begin("budi@semarang.example", "127.0.0.1")
    with desk.engine.connect() as connection:
        # The account alone and in its network: an address of this machine has no network of its own.
        assert connection.execute(select(func.count()).select_from(SignInAttemptRow)).scalar_one() == 2
