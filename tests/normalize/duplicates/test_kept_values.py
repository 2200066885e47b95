"""Values that are kept to save time: they are computed once, and their number is limited."""

from dataclasses import replace

import pytest

from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparable import Comparable, derived
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.unlocked import cached_property
from normalize.entities.name_similarity import compare_place_names, phonetic_form
from tests.normalize.duplicates.conftest import ReadMessage, message

REPORT = "lampu jalan mati di Jl. Melati"


def test_a_derived_value_is_computed_once_for_each_complaint(read_message: ReadMessage) -> None:
    """It is no part of the complaint, and a changed complaint has values of its own."""
    computed: list[str] = []

    @derived
    def joined_words(comparable: Comparable, separator: str) -> str:
        computed.append(separator)
        return separator.join(comparable.text_words)

    complaint = read_message(message(REPORT))
    assert joined_words(complaint, "-") == joined_words(complaint, "-") == "-".join(complaint.text_words)
    assert joined_words(complaint, "+") == "+".join(complaint.text_words)
    assert computed == ["-", "+"]
    assert complaint == read_message(message(REPORT))
    assert hash(complaint) == hash(read_message(message(REPORT)))
    assert joined_words(replace(complaint, text_words=("banjir",)), "-") == "banjir"


def test_a_comparison_leaves_its_complaints_as_they_were(
    detection: DuplicateDetection, read_message: ReadMessage
) -> None:
    """A complaint that was compared before gives the same verdicts, in both orders."""
    first, second, third = (
        message(REPORT),
        message(f"{REPORT} RT 3", hours=2),
        message("air PDAM keruh di Jl. Mawar", hours=3),
    )
    kept = [read_message(first), read_message(second), read_message(third)]
    for earlier in kept:
        for later in kept:
            detection.comparator.compare(earlier, later)
    verdict = detection.comparator.compare(read_message(first), read_message(second))
    assert detection.comparator.compare(kept[0], kept[1]) == verdict
    assert kept == [read_message(first), read_message(second), read_message(third)]


def test_a_value_of_a_pair_is_computed_at_its_first_use() -> None:
    """An error is not kept: the next use computes the value again."""

    class Pair:
        attempts = 0

        @cached_property
        def value(self) -> int:
            """The number of attempts."""
            self.attempts += 1
            if self.attempts == 1:
                raise ValueError
            return self.attempts

    pair = Pair()
    with pytest.raises(ValueError, match=r"\A\Z"):
        _ = pair.value
    assert pair.value == pair.value == pair.attempts == 2


def test_caches_of_words_and_names_are_limited() -> None:
    """A stream of new words does not fill the memory."""
    frequencies = WordFrequencies({"jalan": 3}, texts=10)
    for cache in (
        phonetic_form,
        compare_place_names,
        frequencies.root,
        frequencies.is_known,
        frequencies.weighted_root,
    ):
        assert 0 < (cache.cache_info().maxsize or 0) <= 1 << 15
