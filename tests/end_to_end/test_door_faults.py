"""Faults at the doors of a running service, which each test leaves without an alert.

Each fault is on the console and in `top` soon after, and its alert fires. The first step of the runbook ends it.
"""

import pytest
import requests

from bus.port import Outgoing
from messages.topics import raw_topic
from tests.end_to_end.conftest import QuietX
from tests.end_to_end.game_day import GameDay, NewGameDay

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def running_day(new_shared_game_day: NewGameDay) -> GameDay:
    """A service on its embedded bus, started once for this module."""
    day = new_shared_game_day(rates="web=10000/minute", twilio_auth_tokens="old-token")
    day.start()
    return day


@pytest.fixture
def day(running_day: GameDay) -> GameDay:
    """The service without an alert."""
    running_day.wait_until_quiet()
    return running_day


def test_the_secret_of_twilio_was_changed(day: GameDay) -> None:
    """SMS are refused and quarantined. With the new token set and the quarantined ones released none is lost."""
    accepted_before = day.service.audit().accepted
    assert day.send_sms("SM0", "old-token") == requests.codes.ok
    # From ten wrong signatures in a quiet hour on somebody is called.
    for number in range(1, 11):
        assert day.send_sms(f"SM{number}", "new-token") == requests.codes.forbidden
    day.wait_for_alert("quarantine", "Check whether the provider's secret was changed")
    day.service.stop()
    day.service.change_settings(twilio_auth_tokens="new-token,old-token")
    day.service.start()
    assert day.send_sms("SM11", "new-token") == requests.codes.ok
    day.satupintu("quarantine", "release", "--reason", "bad_signature", "--actor", "Sari", "--why", "token rotated")
    day.wait_until_cleared("quarantine")
    audit = day.service.audit()
    assert (audit.clean, audit.accepted - accepted_before, audit.quarantined) == (True, 12, 0)


def test_x_limits_our_requests(day: GameDay, x: QuietX) -> None:
    """The door is shut and shows the reason. It opens by itself when X answers again."""
    x.is_limiting = True
    day.wait_for_alert("door-shut", "X limits our requests")
    x.is_limiting = False
    day.wait_until_cleared("door-shut")


def test_a_message_that_cannot_be_read(day: GameDay) -> None:
    """It becomes a dead letter. Dropped with a reason, it needs nobody."""
    producer = day.service.parts.bus.producer()
    producer.publish([Outgoing(raw_topic("web"), b"", b"\xff poison")])
    producer.close()
    day.wait_for_alert("dead-letters", "1 message of normalize is a dead letter")
    day.satupintu("dead-letters", "drop", "--stage", "normalize", "--actor", "Sari", "--why", "not of ours")
    day.wait_until_cleared("dead-letters")


# Last in this file: the alert stays until the next minute.
def test_a_flood_on_one_channel(day: GameDay) -> None:
    """An unusual number of messages in a minute raises an alert. The other channels accept as before."""
    for number in range(70):
        assert day.report(f"Lampu padam di gang nomor {number}").status_code == requests.codes.accepted
    day.wait_for_alert("flood", "messages arrived by web in one minute")
    assert day.send_sms("SM9", "old-token") == requests.codes.ok
