"""A batch that is decided again under the lock opens, seals and compares only what is new."""

from uuid import UUID

from messages.sealing import Sealer
from normalize.duplicates.comparable import pack_comparable
from normalize.duplicates.comparison.comparator import Comparator
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.remembered_comparisons import RememberedComparisons
from normalize.duplicates.store.comparable_forms import ComparableForms
from tests.normalize.duplicates.conftest import ReadMessage, message
from tests.normalize.duplicates.test_decisions import AFTERNOON, MORNING, OTHER_STREET

COMPLAINT = UUID("00000000-0000-8000-8000-0000000000c1")


def test_a_pair_is_compared_once(comparator: Comparator, read_message: ReadMessage) -> None:
    """The second verdict is the first one. Pairs in the other order and equal texts are other pairs, judged alike."""
    first, second, other = (read_message(message(text)) for text in (MORNING, AFTERNOON, OTHER_STREET))
    remembered = RememberedComparisons(comparator)
    verdict = remembered.compare(first, second)
    assert remembered.compare(first, second) is verdict
    for pair in ((first, second), (second, first), (first, other), (other, second)):
        assert remembered.compare(*pair) == comparator.compare(*pair)
        for _ in range(2):
            assert remembered.contradicts(*pair) == comparator.contradicts(*pair)


def test_each_batch_remembers_for_itself(detection: DuplicateDetection) -> None:
    """Otherwise the forms of all complaints would stay in memory."""
    assert detection.matcher.for_batch() is not detection.matcher.for_batch()


def test_a_form_is_opened_and_sealed_once(read_message: ReadMessage) -> None:
    """It is the same object again, so its comparisons are found. The stored form is that of the sealer."""
    sealer, comparable = Sealer([bytes(range(64))]), read_message(message(MORNING))
    forms = ComparableForms(sealer)
    sealed = forms.seal(COMPLAINT, comparable)
    assert sealer.open(sealed, COMPLAINT) == pack_comparable(comparable)
    opened = forms.open(COMPLAINT, sealed)
    assert opened == comparable
    assert forms.open(COMPLAINT, sealed) is opened
