"""Other ids under which the same arrival may be on the topics: its id before message ids were keyed, or after."""

from dataclasses import dataclass, field
from datetime import UTC, date
from uuid import UUID

from messages import ids
from messages.shapes import RawMessage


@dataclass(frozen=True, slots=True)
class AlternateIds:
    """Alternate ids of the arrivals until a day (UTC, included); none afterwards.

    A provider may deliver a message before the upgrade and again after it. The two records have different ids.
    `message_key` is the key of `ids.message_id`.
    """

    message_key: bytes = field(repr=False)
    until: date

    def of(self, raw: RawMessage, provider_id: str) -> tuple[UUID, ...]:
        """Return the ids other than its own that this arrival may have. The time of arrival decides, not the clock.

        `provider_id` is the provider's own id, which a record of a public post has in its sealed body alone.

        A reviewed message has none: under the other ids it was set aside.
        """
        if raw.reviewed or raw.at.astimezone(UTC).date() > self.until:
            return ()
        present_id = ids.message_id(raw.channel, provider_id, self.message_key)
        all_ids = (present_id, ids.former_message_id(raw.channel, provider_id))
        return tuple(id_ for id_ in all_ids if id_ != raw.id)
