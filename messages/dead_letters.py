"""What a dead letter says of itself: the one reading of the headers that a worker puts to it."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from messages import ids
from messages.topics import dead_letter_topic


class DeadLetter(NamedTuple):
    """`stage` put it aside for a `reason`, with this `field` at fault; `position` is where the record stands."""

    stage: str
    reason: str
    field: str
    position: str

    @property
    def id(self) -> UUID:
        """By which a person decides about it."""
        return ids.dead_letter_id(self.stage, self.position)


def read_dead_letter(topic: str, position: str, headers: Iterable[tuple[str, bytes]]) -> DeadLetter:
    """Total. Where it does not say so, its topic names the stage, and the record stands where the letter does."""
    said = {name: value.decode("utf-8", "replace") for name, value in headers if name.startswith("dead_")}
    return DeadLetter(
        stage=said.get("dead_stage") or topic.removeprefix(dead_letter_topic("")),
        reason=said.get("dead_reason", ""),
        field=said.get("dead_field", ""),
        position=said.get("dead_position") or position,
    )
