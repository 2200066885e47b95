"""Addresses with a query."""

from urllib.parse import urlencode


def with_query(address: str, **values: str) -> str:
    """Return the address with the values that are not empty, in their order."""
    given = {name: value for name, value in values.items() if value}
    return f"{address}?{urlencode(given)}" if given else address
