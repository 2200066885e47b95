"""Facts about the client of a request: its address, and the kind of answer that it asks for."""

from starlette.datastructures import Headers
from starlette.types import Scope

# Browsers ask for this media type. A program asks for it only if it wants a page.
PAGE_MEDIA_TYPE = "text/html"


def client_address(scope: Scope) -> str:
    """Return the address of the client, as the trusted proxies name it (`SATUPINTU_TRUSTED_PROXIES`)."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def asks_for_page(scope: Scope) -> bool:
    """Return True if the client takes a page, as every browser does."""
    return PAGE_MEDIA_TYPE in Headers(scope=scope).get("accept", "")


def asks_for_json(scope: Scope) -> bool:
    """Return True if the client takes JSON."""
    return "application/json" in Headers(scope=scope).get("accept", "")
