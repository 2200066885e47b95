"""The timeouts of the Kafka clients fit together, and a wrong relation is named."""

from dataclasses import replace

import pytest

from app.assembly.kafka import kafka_settings
from bus.errors import Stop
from bus.kafka.settings import KafkaSettings
from bus.kafka.timeouts import BROKER_SESSION_SECONDS, KafkaTimeouts
from config.settings import Settings


@pytest.mark.parametrize("broker_session", [2.0, 6.0, 9.0, 18.0, 60.0])
def test_the_timeouts_follow_from_the_brokers(broker_session: float) -> None:
    """Each relation holds whatever the session timeout of the brokers is."""
    assert KafkaTimeouts.for_brokers(broker_session).faults(broker_session) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"deadline": 10.0}, "deadline 10 > loss of a broker 12 + request 9"),
        ({"request": 30.0}, "request 30 < deadline 30"),
        ({"session": 10.0}, "session 10 > loss of a broker 12 + request 9"),
        ({"transaction": 20.0}, "transaction 20 > deadline 30"),
        ({"transaction": 1000.0}, "transaction 1000 <= broker's maximum 900"),
        ({"max_poll_interval": 100.0}, "max_poll_interval 100 >= 3 calls and a batch"),
    ],
)
def test_a_broken_relation_is_named(changes: dict[str, float], fault: str) -> None:
    """The former deadline of 10 seconds is one of them: the brokers need 9 to notice a loss."""
    timeouts = replace(KafkaTimeouts.for_brokers(), **changes)
    assert fault in timeouts.faults(BROKER_SESSION_SECONDS)


def test_the_settings_of_a_process_are_checked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run` and `check` refuse timeouts that do not fit together."""
    monkeypatch.setattr(KafkaTimeouts, "faults", lambda _self, _seconds: ["deadline 10 > 21"])
    with pytest.raises(Stop, match=r"SATUPINTU_KAFKA_BROKER_SESSION_SECONDS.*deadline 10 > 21"):
        kafka_settings(settings)


def test_a_process_has_the_timeouts_for_its_brokers(settings: Settings) -> None:
    """Slower brokers get longer deadlines; the default fits Kafka's default."""
    slower = kafka_settings(settings.model_copy(update={"kafka_broker_session_seconds": 18.0}))
    assert (slower.deadline, slower.request_timeout) == (57.0, 18.0)
    default = KafkaSettings(bootstrap="")
    assert replace(kafka_settings(settings), bootstrap="") == default
