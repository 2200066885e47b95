"""What of a complaint is compared with others. Pure; holds personal data, so it is kept sealed only."""

import json
from dataclasses import dataclass
from typing import Literal

Named = tuple[str, str]
Sender = Literal["same", "other", "unknown"]

_DAY = 86_400
_REST = ("named", "located", "spot", "at", "sender", "channel", "kind", "secret", "again")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Comparable:
    """`words` of the text and of the `title` are in their normal forms and order, without what says nothing.

    `place` are the words of the fields for it. `fine` are those words of all three that no dictionary has and that name
    no city or province: names of streets, quarters, persons; and villages that are called by words like others, written
    in one (batumerah). `wide` are the words of districts' names. `named` is what stands in title and text, `located`
    what stands in the fields: each its kind and its value. `topics`, `things` and `faults` are what it speaks of, by
    the tables of `config/reference/matter_terms.py`. `at` is in seconds of the epoch; `sender` is empty where nobody
    is known to have sent it. What is `secret` is compared with the same sender's alone.
    """

    words: tuple[str, ...]
    title: tuple[str, ...]
    place: tuple[str, ...]
    fine: frozenset[str]
    wide: frozenset[str]
    named: tuple[Named, ...]
    located: tuple[Named, ...]
    topics: frozenset[str]
    things: frozenset[str]
    faults: frozenset[str]
    spot: tuple[float, float] | None
    at: float | None
    sender: str
    channel: str
    kind: str
    secret: bool
    again: bool


def sender_of(a: Comparable, b: Comparable) -> Sender:
    """Whether one person sent both; one has another key on another channel."""
    if a.sender and a.sender == b.sender:
        return "same"
    return "other" if a.sender and b.sender and a.channel == b.channel else "unknown"


def days_between(a: Comparable, b: Comparable) -> float:
    """0 where a time is not known."""
    return abs(a.at - b.at) / _DAY if a.at is not None and b.at is not None else 0.0


def pack(matter: Comparable) -> bytes:
    """The matter as bytes, equal for equal matters: lines of words, which have no spaces in them, and one of JSON."""
    sets = map(sorted, (matter.fine, matter.topics, matter.wide, matter.things, matter.faults))
    lists = (matter.words, matter.title, matter.place, *sets)
    rest = _encode([getattr(matter, name) for name in _REST])
    return "\n".join((*(" ".join(words) for words in lists), rest)).encode()


def unpack(packed: bytes) -> Comparable:
    """The matter in bytes made by `pack`. Raises `ValueError` or `TypeError` for any others."""
    words, title, place, fine, topics, *more, rest = packed.decode().split("\n")
    # What was kept before there were these is compared without them.
    wide, things, faults = more or ("", "", "")
    named, located, spot, at, sender, channel, kind, secret, again = json.loads(rest)
    return Comparable(
        tuple(words.split()),
        tuple(title.split()),
        tuple(place.split()),
        frozenset(fine.split()),
        frozenset(wide.split()),
        tuple(map(tuple, named)),
        tuple(map(tuple, located)),
        frozenset(topics.split()),
        frozenset(things.split()),
        frozenset(faults.split()),
        tuple(spot) if spot else None,
        at,
        sender,
        channel,
        kind,
        secret,
        again,
    )
