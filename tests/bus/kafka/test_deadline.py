"""The watchdog over calls that may never return."""

import threading

import pytest

from bus.watchdog import Watchdog


def test_a_call_in_time_does_not_expire() -> None:
    """Nothing is called when the body ends before its limit, and no thread is left."""
    expired: list[str] = []
    threads = threading.active_count()
    with Watchdog(expired.append).limit("call", 60):
        pass
    assert expired == []
    assert threading.active_count() == threads


def test_a_call_past_its_limit_is_reported_once() -> None:
    """The callback gets the call's name while the body is still running, and no thread is left."""
    expired: list[str] = []
    reported = threading.Event()

    def on_expiry(name: str) -> None:
        expired.append(name)
        reported.set()

    threads = threading.active_count()
    with Watchdog(on_expiry).limit("commit_transaction", 0.01):
        assert reported.wait(30)
    assert expired == ["commit_transaction"]
    assert threading.active_count() == threads


def test_an_error_in_the_body_passes_through() -> None:
    """The guard ends with the body, however that ends."""
    expired: list[str] = []
    with pytest.raises(KeyError), Watchdog(expired.append).limit("call", 60):
        raise KeyError
    assert expired == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("watchdog")]


def test_guards_are_independent() -> None:
    """One watchdog guards nested calls and calls of several threads, each with its own limit."""
    reported = threading.Event()
    watchdog = Watchdog(lambda _: reported.set())
    with watchdog.limit("outer", 60), watchdog.limit("inner", 0.01):
        assert reported.wait(30)
