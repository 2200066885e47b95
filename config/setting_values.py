"""Values of settings: lists in one variable, and addresses on this machine. Pure."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def split_list(value: object) -> object:
    """Return the parts of a text with commas; another value as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def is_loopback(url: str) -> bool:
    """Return True if requests to this address cannot leave the machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
