"""Comparison of two names of places or persons. All names are invented."""

import pytest

from normalize.entities.name_similarity import NameSimilarity, compare_person_names, compare_place_names


@pytest.mark.parametrize(
    ("first", "second", "similarity"),
    [
        ("a yani", "ahmad yani", "equal"),
        ("achmad yani", "ahmad yani", "equal"),
        ("mh thamrin", "mohammad husni thamrin", "equal"),
        ("setyabudi", "setiabudhi", "equal"),
        ("soekarno hatta", "sukarno hatta", "equal"),
        ("gajahmada", "gajah mada", "equal"),
        ("gatsu", "gatot subroto", "equal"),
        ("thamrin", "mh thamrin", "compatible"),
        ("kelud", "kelud raya", "compatible"),
        ("candi sukuh", "candi sukuh 3", "compatible"),
        ("soekarno hatta", "soekarno hatta barat", "compatible"),
        ("candi sukuh 3", "candi sukuh 4", "conflict"),
        ("soekarno hatta timur", "soekarno hatta barat", "conflict"),
        ("melati", "mawar", "conflict"),
        ("utara", "selatan", "conflict"),
        ("karangrejo", "karangreja", "unknown"),
        ("3", "3", "equal"),
        ("3", "4", "conflict"),
    ],
)
def test_place_names(first: str, second: str, similarity: NameSimilarity) -> None:
    """Spelling and initials make no difference; numbers and directions do; one letter may be a typing error."""
    assert compare_place_names(first, second) == compare_place_names(second, first) == similarity


@pytest.mark.parametrize(
    ("first", "second", "similarity"),
    [
        ("siti contoh", "siti contoh", "equal"),
        ("siti", "siti contoh", "compatible"),
        ("siti c", "siti contoh", "compatible"),
        ("hardianto", "hardiyanto", "compatible"),
        ("siti contoh", "siti misal", "conflict"),
        ("siti siti", "siti", "compatible"),
        ("dewi", "dewo", "conflict"),
    ],
)
def test_person_names(first: str, second: str, similarity: NameSimilarity) -> None:
    """A part of a name may be the same person; another word is another person."""
    assert compare_person_names(first, second) == compare_person_names(second, first) == similarity
