"""Opens kafka-python's clients, and releases their resources when that fails."""

from collections.abc import Callable
from typing import Any

from kafka.net.compat import KafkaNetClient


def connect(make: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Return `make(**arguments)`. Raise kafka-python's errors.

    A client that cannot reach the broker raises in its constructor and does not release its thread and sockets: every
    attempt would leak, as long as the broker is away.
    """
    networks: list[Any] = []

    def network(**configuration: Any) -> Any:
        networks.append(KafkaNetClient(**configuration))
        return networks[-1]

    try:
        return make(kafka_client=network, **arguments)
    except BaseException:
        for opened_network in networks:
            opened_network.close()
        raise
