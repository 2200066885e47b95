"""Opens kafka-python's clients, and leaves nothing behind when that fails."""

from collections.abc import Callable
from typing import Any

from kafka.net.compat import KafkaNetClient


def connect(make: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """`make(**arguments)`. Raises kafka-python's errors.

    A client of theirs that can't reach the broker raises in its constructor and leaves its thread and sockets behind:
    a leak with every attempt, for as long as the broker is away.
    """
    networks: list[Any] = []

    def network(**configuration: Any) -> Any:
        networks.append(KafkaNetClient(**configuration))
        return networks[-1]

    try:
        return make(kafka_client=network, **arguments)
    except BaseException:
        for each in networks:
            each.close()
        raise
