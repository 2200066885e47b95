"""A complaint in the form in which it is compared with other complaints.

Pure. Holds personal data: it is stored sealed only.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal, TypeVar, TypeVarTuple

# Kind and canonical value.
NamedEntity = tuple[str, str]
SenderRelation = Literal["same", "other", "unknown"]

_SECONDS_PER_DAY = 86_400
# The order of the stored list, by which rows are read.
_JSON_FIELDS = (
    "entities",
    "address_entities",
    "coordinates",
    "received_at",
    "sender",
    "channel",
    "report_kind",
    "secret",
    "mentions_earlier_report",
    "says_recurred",
    "says_continuing",
    "says_again",
)
Arguments = TypeVarTuple("Arguments")
T = TypeVar("T")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Comparable:
    """Words, names and entities of one complaint.

    `text_words`, `title_words` and `address_words` are in their normal forms and in order, without uninformative
    words. `names` are the words of all three that no dictionary has and that name no city or province: streets,
    quarters, persons. They include villages whose names are ordinary words, written as one word (batumerah).
    `district_words` are the words of districts' names. `entities` are those in title and text, `address_entities`
    those in the address fields. `topics`, `objects` and `faults` follow the tables that
    `config/reference/matter_terms.py` reads. `received_at` is in seconds of the epoch. `sender` is empty if the sender
    is not proven. A `secret` complaint is compared with complaints of the same sender only.
    `says_recurred` is set if the text says that the trouble came back after it was mended, `says_continuing` if it says
    that the trouble is still there, `says_again` if it says that the trouble came again, mended or not.
    """

    text_words: tuple[str, ...]
    title_words: tuple[str, ...]
    address_words: tuple[str, ...]
    names: frozenset[str]
    district_words: frozenset[str]
    entities: tuple[NamedEntity, ...]
    address_entities: tuple[NamedEntity, ...]
    topics: frozenset[str]
    objects: frozenset[str]
    faults: frozenset[str]
    coordinates: tuple[float, float] | None
    received_at: float | None
    sender: str
    channel: str
    report_kind: str
    secret: bool
    mentions_earlier_report: bool
    says_recurred: bool = False
    says_continuing: bool = False
    says_again: bool = False
    # Values of `derived` functions by function and arguments. They are neither compared nor stored.
    derived_values: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


def derived(compute: Callable[[Comparable, *Arguments], T]) -> Callable[[Comparable, *Arguments], T]:
    """Keep the values of a function of one complaint with the complaint, which is compared with several others.

    The function is pure, further arguments are hashable, and nobody changes a value.
    """

    @wraps(compute)
    def look_up(comparable: Comparable, *args: *Arguments) -> T:
        key, values = (compute, *args) if args else compute, comparable.derived_values
        try:
            value: T = values[key]
        except KeyError:
            value = values[key] = compute(comparable, *args)
        return value

    return look_up


def relate_senders(first: Comparable, second: Comparable) -> SenderRelation:
    """Return whether one person sent both. One person has different keys on different channels: that is `unknown`."""
    if first.sender and first.sender == second.sender:
        return "same"
    return "other" if first.sender and second.sender and first.channel == second.channel else "unknown"


def days_between(first: Comparable, second: Comparable) -> float:
    """Return the days between the two arrivals, 0 if one of the times is unknown."""
    if first.received_at is None or second.received_at is None:
        return 0.0
    return abs(first.received_at - second.received_at) / _SECONDS_PER_DAY


def pack_comparable(comparable: Comparable) -> bytes:
    """Return the stored form, equal for equal values: one line for each set or list of words, then one line of JSON.

    Words contain no spaces.
    """
    word_sets = (
        comparable.names,
        comparable.topics,
        comparable.district_words,
        comparable.objects,
        comparable.faults,
    )
    word_lists = (comparable.text_words, comparable.title_words, comparable.address_words, *map(sorted, word_sets))
    json_line = _encode([getattr(comparable, name) for name in _JSON_FIELDS])
    return "\n".join((*(" ".join(words) for words in word_lists), json_line)).encode()


def unpack_comparable(packed: bytes) -> Comparable:
    """Return the value that `pack_comparable` stored. Raises `ValueError` or `TypeError` for other bytes."""
    *word_lines, json_line = packed.decode().split("\n")
    text_words, title_words, address_words, names, topics, district_words, objects, faults = word_lines
    (
        entities,
        address_entities,
        coordinates,
        received_at,
        sender,
        channel,
        report_kind,
        secret,
        mentions_earlier_report,
        says_recurred,
        says_continuing,
        says_again,
    ) = json.loads(json_line)
    return Comparable(
        tuple(text_words.split()),
        tuple(title_words.split()),
        tuple(address_words.split()),
        frozenset(names.split()),
        frozenset(district_words.split()),
        tuple(map(tuple, entities)),
        tuple(map(tuple, address_entities)),
        frozenset(topics.split()),
        frozenset(objects.split()),
        frozenset(faults.split()),
        tuple(coordinates) if coordinates else None,
        received_at,
        sender,
        channel,
        report_kind,
        secret,
        mentions_earlier_report,
        says_recurred,
        says_continuing,
        says_again,
    )
