"""Entity tags of cases (RFC 9110): `"HOP.VERSION-DIGEST"`. Pure.

The digest covers the whole representation, for If-None-Match. If-Match compares hop and version only: a further citizen
who joins a case changes its representation, and is no reason against an answer.
"""

import hashlib
import re

_DIGEST_CHARACTERS = 16
_TAG = re.compile(rf'(?:W/)?"(\d{{1,9}})\.(\d{{1,9}})-[0-9a-f]{{{_DIGEST_CHARACTERS}}}"')
_ANY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
# A version that no case has.
_NO_VERSION = -1


def entity_tag(hop: int, version: int, representation: bytes) -> str:
    """Return the strong entity tag of a representation."""
    return f'"{hop}.{version}-{hashlib.sha256(representation).hexdigest()[:_DIGEST_CHARACTERS]}"'


def is_unchanged(if_none_match: str | None, tag: str) -> bool:
    """Return True if the client has this representation (weak comparison, RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag in _ANY_TAG.findall(if_none_match)


def required_version(if_match: str | None, hop: int, version: int) -> int | None:
    """Return the version that the case must have for the answer; `None` without a condition.

    It is `version` if the header names this hop and version, and otherwise a version that no case has.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    return version if (str(hop), str(version)) in _TAG.findall(if_match) else _NO_VERSION
