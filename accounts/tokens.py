"""Hashes under which tokens and typed names are stored."""

import hashlib
import hmac


def token_hash(token: str) -> str:
    """Return the hash of a random token. It has at least 128 bits, so that nobody can search for it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def keyed_hash(key: bytes, *parts: str) -> str:
    """Return the hash of texts that can be guessed, such as an address. It cannot be computed without the key."""
    return hmac.new(key, "\0".join(parts).encode("utf-8", "replace"), hashlib.sha256).hexdigest()
