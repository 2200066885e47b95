"""Addresses with a query, and the one that several packages lead to."""

from urllib.parse import urlencode

# The list of triage. Its cases are decided there and nowhere else.
TRIAGE_LIST = "/desk/triase"


def with_query(address: str, **values: str) -> str:
    """Return the address with the values that are not empty, in their order."""
    given = {name: value for name, value in values.items() if value}
    return f"{address}?{urlencode(given)}" if given else address
