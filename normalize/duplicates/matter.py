"""What of a complaint is compared with others. Pure; holds personal data, so it is kept sealed only."""

import json
from dataclasses import dataclass
from typing import Any

Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Matter:
    """`words` of the text and of the `title` are in their normal forms and order, without what says nothing.

    `place` are the words of the fields for it. `fine` are those words of all three that no dictionary has and that name
    no city or province: names of streets, quarters, persons. `named` is what stands in title and text, `located` what
    stands in the fields: each its kind and its value. `at` is in seconds of the epoch; `sender` is empty where nobody
    is known to have sent it. What is `secret` is compared with the same sender's alone.
    """

    words: tuple[str, ...]
    title: tuple[str, ...]
    place: tuple[str, ...]
    fine: frozenset[str]
    named: tuple[Named, ...]
    located: tuple[Named, ...]
    topics: frozenset[str]
    spot: tuple[float, float] | None
    at: float | None
    sender: str
    channel: str
    kind: str
    secret: bool
    again: bool


def pack(matter: Matter) -> bytes:
    """The matter as bytes, equal for equal matters."""
    said = {name: getattr(matter, name) for name in Matter.__slots__}
    said |= {"fine": sorted(matter.fine), "topics": sorted(matter.topics)}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(packed: bytes) -> Matter:
    """The matter in bytes made by `pack`. Raises `ValueError`, `TypeError` or `KeyError` for any others."""
    said: dict[str, Any] = json.loads(packed)
    for name in ("words", "title", "place"):
        said[name] = tuple(said[name])
    for name in ("fine", "topics"):
        said[name] = frozenset(said[name])
    for name in ("named", "located"):
        said[name] = tuple((kind, value) for kind, value in said[name])
    said["spot"] = tuple(said["spot"]) if said["spot"] else None
    return Matter(**said)
