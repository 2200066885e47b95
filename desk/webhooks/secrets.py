"""Secrets of webhooks in the database: sealed, and bound to their webhook."""

from collections.abc import Sequence
from uuid import UUID

from messages.sealing import Sealed, Sealer


def seal_secret(sealer: Sealer, secret: str, webhook_id: UUID) -> str:
    """Return the secret as it is stored."""
    return sealer.seal(secret.encode(), webhook_id)


def open_secrets(sealer: Sealer, sealed: Sequence[str], webhook_id: UUID) -> list[str]:
    """Return the secrets that sign, without empty ones. Raises `UnsealError`."""
    return [sealer.open(Sealed(secret), webhook_id).decode() for secret in sealed if secret]
