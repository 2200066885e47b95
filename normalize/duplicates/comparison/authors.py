"""Two complaints of a public matter whose senders give themselves different names. Pure.

A road is the same road whoever reports it. The name of a patient or a pupil, and any name in a person's own matter,
stays a difference.
"""

from dataclasses import replace

from normalize.duplicates.comparable import Comparable, derived

_AUTHOR, _NAME = "author", "name"
_OWN_TOPIC_PREFIX = "own-"
# Families of objects that belong to all neighbours.
PUBLIC_FAMILIES = frozenset(
    (
        *("jalan", "jembatan", "jembatan-penyeberangan", "zebra-cross", "trotoar", "air", "lampu-jalan", "kabel"),
        *("lampu-lalu-lintas", "sampah", "asap", "pohon", "rumput-semak", "taman", "parkir", "limbah", "longsor"),
        *(
            "ledeng",
            "listrik",
            "pagar-pembatas",
            "hutan-penebangan",
            "anjing-liar",
            "ternak-lepas",
            "nyamuk",
            "balap-liar",
            "angkutan",
        ),
    )
)


def without_other_authors(first: Comparable, second: Comparable) -> tuple[Comparable, Comparable]:
    """Return the complaints without their senders' own names if these differ and the matter is public."""
    first_authors, second_authors = _authors(first), _authors(second)
    if not first_authors or not second_authors or first_authors & second_authors or not _is_public(first, second):
        return first, second
    return _without(first, first_authors), _without(second, second_authors)


@derived
def _authors(comparable: Comparable) -> set[str]:
    return {value for kind, value in comparable.entities if kind == _AUTHOR}


def _is_public(first: Comparable, second: Comparable) -> bool:
    if any(topic.startswith(_OWN_TOPIC_PREFIX) for topic in first.topics | second.topics):
        return False
    first_families, second_families = ({name.partition(".")[0] for name in side.objects} for side in (first, second))
    return not PUBLIC_FAMILIES.isdisjoint(first_families & second_families)


def _without(comparable: Comparable, authors: set[str]) -> Comparable:
    words = {word for author in authors for word in author.split()} & comparable.names
    return replace(
        comparable,
        text_words=tuple(word for word in comparable.text_words if word not in words),
        names=comparable.names - words,
        entities=tuple(entity for entity in comparable.entities if not _names_one_of(entity, authors)),
    )


def _names_one_of(entity: tuple[str, str], authors: set[str]) -> bool:
    return entity[0] in {_AUTHOR, _NAME} and entity[1] in authors
