"""Addresses of the integration pages."""

from uuid import UUID

INTEGRATION_ADDRESS = "/desk/integrasi"
WEBHOOKS_ADDRESS = f"{INTEGRATION_ADDRESS}/webhook"
MAIL_ADDRESS = f"{INTEGRATION_ADDRESS}/email"
KEYS_ADDRESS = f"{INTEGRATION_ADDRESS}/kunci"


def webhook_address(webhook_id: UUID) -> str:
    """Return the address of a webhook's page."""
    return f"{WEBHOOKS_ADDRESS}/{webhook_id}"


class UnknownId(LookupError):
    """A text in an address or a field is not an id."""


def parse_id(text: str) -> UUID:
    """Return the id in an address or a field. Raises `UnknownId`."""
    try:
        return UUID(text)
    except ValueError:
        raise UnknownId from None
