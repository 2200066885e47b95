"""Ids of arrivals under the root secret of all tests."""

from uuid import UUID

from config.secrets import derive_key
from messages import ids
from messages.sealing import Sealer
from messages.shapes import RawMessage
from normalize.readers.twitter import read_provider_id

# The root secret of `tests.conftest.settings`, the same in every run.
ROOT_SECRET = "a root secret for tests, never for use"
MESSAGE_KEY = derive_key(ROOT_SECRET, "message", 32)


def arrival_id(channel: str, provider_id: str) -> UUID:
    """Return the id of the arrival with this provider's id."""
    return ids.message_id(channel, provider_id, MESSAGE_KEY)


def provider_id_of(raw: RawMessage, sealer: Sealer) -> str:
    """Return the provider's id of an arrival, which that of a post has in its sealed body alone."""
    return read_provider_id(sealer.open(raw.body, raw.id)) if raw.channel == "twitter" else raw.provider_id


def under_former_id(raw: RawMessage, sealer: Sealer) -> RawMessage:
    """Return the raw message as a door published it before message ids were keyed."""
    content, provider_id = sealer.open(raw.body, raw.id), provider_id_of(raw, sealer)
    former_id = ids.former_message_id(raw.channel, provider_id)
    fields = {"id": former_id, "message_id": former_id, "provider_id": provider_id}
    return raw.model_copy(update={**fields, "body": sealer.seal(content, former_id)})
