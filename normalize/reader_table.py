"""The readers of all channels, and the choice of one for a raw message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from messages.shapes import Channel, RawMessage
from normalize.draft import Draft, NotComplaint

# Reads the body of a raw message, given its content type. Raises `normalize.draft.Unreadable`.
Reader = Callable[[str, bytes], Draft | NotComplaint]


@dataclass(frozen=True, slots=True)
class ReaderTable:
    """`by_channel` has a reader for each channel, `by_content_type` those of formats that need their own."""

    by_channel: Mapping[Channel, Reader]
    by_content_type: Mapping[str, Reader] = field(default_factory=dict)

    def reader_of(self, raw: RawMessage) -> Reader:
        """Return the reader for a raw message of one of these channels."""
        return self.by_content_type.get(raw.content_type, self.by_channel[raw.channel])
