"""Reads the headers that a worker adds to a dead letter."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from messages import ids
from messages.topics import dead_letter_topic


class DeadLetter(NamedTuple):
    """`stage` rejected the record at `position` for `reason`; `field` is the field at fault."""

    stage: str
    reason: str
    field: str
    position: str

    @property
    def id(self) -> UUID:
        """Id under which a person decides about the dead letter."""
        return ids.dead_letter_id(self.stage, self.position)


def read_dead_letter(topic: str, position: str, headers: Iterable[tuple[str, bytes]]) -> DeadLetter:
    """Return what the headers of a dead letter say. Never raises.

    Where a header is missing, the topic names the stage, and the position is that of the dead letter itself.
    """
    values = {name: value.decode("utf-8", "replace") for name, value in headers if name.startswith("dead_")}
    return DeadLetter(
        stage=values.get("dead_stage") or topic.removeprefix(dead_letter_topic("")),
        reason=values.get("dead_reason", ""),
        field=values.get("dead_field", ""),
        position=values.get("dead_position") or position,
    )
