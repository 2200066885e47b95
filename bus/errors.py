"""The errors by which a stage fails. Each type states what the worker does; it expects no other."""

from collections.abc import Sequence
from typing import NamedTuple


class Retry(Exception):
    """A dependency (broker, database, provider) is away: back off, keep the order, try the same records again."""


class UnknownTopic(Retry):
    """The bus does not know the topic of a message. `topic` is its name. It is to be created before the next try."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"topic {topic} does not exist, or the bus did not answer")
        self.topic = topic


class Reject(Exception):
    """This one message can never be processed: it becomes a dead letter with `reason`, its bytes unchanged.

    `reason` is a constant of the code (`not_json`, `unknown_type`), never text of the message: it appears in headers,
    logs and metrics, where no citizen's words may be. `field` names the part of the shape at fault.
    """

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(f"{reason} at {field}" if field else reason)
        self.reason = reason
        self.field = field


class Stop(Exception):
    """This process is wrong (fenced, misconfigured, a broken invariant): stop the worker and keep the offset."""


class Fenced(Stop):
    """Another member now owns the partitions that this one was processing. Nothing of its batch was committed."""


def cause_of(error: Exception) -> str:
    """Return the cause of an error of ours for the log: its type and its text. Never for an error of other libraries.

    The type alone says only that something was away. Another library's text may quote a citizen.
    """
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class TopicFault(NamedTuple):
    """A topic that is not as the service asks for, and the cause. `exists`: messages to it can be sent all the same."""

    topic: str
    cause: str
    exists: bool = False


class TopicsRefused(Stop):
    """The bus refuses some topics as asked for; all others exist."""

    def __init__(self, faults: Sequence[TopicFault]) -> None:
        super().__init__("; ".join(f"topic {fault.topic}: {fault.cause}" for fault in faults))
        self.faults = tuple(faults)
