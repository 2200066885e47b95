"""Ids of arrivals under the root secret of all tests."""

import json
from uuid import UUID

from config.secrets import derive_key
from ingest.twitter.adapter import ReceivedPost
from messages import ids
from messages.sealing import Sealer
from messages.shapes import RawMessage

# The root secret of `tests.conftest.settings`, the same in every run.
ROOT_SECRET = "a root secret for tests, never for use"
MESSAGE_KEY = derive_key(ROOT_SECRET, "message", 32)


def arrival_id(channel: str, provider_id: str) -> UUID:
    """Return the id of the arrival with this provider's id."""
    return ids.message_id(channel, provider_id, MESSAGE_KEY)


def provider_id_of(raw: RawMessage, sealer: Sealer) -> str:
    """Return the provider's id of an arrival, which that of a post has in its sealed body alone."""
    if raw.channel != "twitter":
        return raw.provider_id
    return ReceivedPost(json.loads(sealer.open(raw.body, raw.id))["post"]).provider_id
