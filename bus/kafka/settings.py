"""The address of Kafka, the limits of this bus, and the time by which its clients wait."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from bus.kafka.timeouts import KafkaTimeouts

_TIMEOUTS = KafkaTimeouts.for_brokers()
# A broker that is up answers a new client within this time; the next address is tried then.
_BOOTSTRAP_SECONDS = 5.0
# A call with a shorter deadline than usual leaves this share of it for one request.
_REQUEST_SHARE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSettings:
    """Names are Kafka's own. The timeouts (seconds) and their relation are described in `bus.kafka.timeouts`.

    `deadline` limits one publish, one send of a batch, one look-up. `max_in_flight_bytes` limits the unconfirmed
    messages of each producer.
    """

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    replication_factor: int = 1
    deadline: float = _TIMEOUTS.deadline
    request_timeout: float = _TIMEOUTS.request
    session_timeout: float = _TIMEOUTS.session
    max_poll_interval: float = _TIMEOUTS.max_poll_interval
    transaction_timeout: float = _TIMEOUTS.transaction
    max_in_flight_bytes: int = 32_000_000

    def client(self) -> dict[str, Any]:
        """Return the arguments of every kafka-python client."""
        return {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": self.security_protocol,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": self.sasl_password,
            "ssl_cafile": self.ssl_cafile,
            "ssl_certfile": self.ssl_certfile,
            "ssl_keyfile": self.ssl_keyfile,
            "bootstrap_timeout_ms": milliseconds(min(_BOOTSTRAP_SECONDS, self.deadline / 2)),
            "request_timeout_ms": milliseconds(min(self.request_timeout, self.deadline * _REQUEST_SHARE)),
            # With the default of 30 s, clients would connect too late after the broker is back.
            "reconnect_backoff_max_ms": 1000,
        }


def milliseconds(seconds: float) -> int:
    """Return seconds as kafka-python counts them; never below zero."""
    return max(0, int(seconds * 1000))


class KafkaClock(Protocol):
    """Functions of time."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait for so many seconds."""
        ...
