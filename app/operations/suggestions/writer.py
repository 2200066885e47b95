"""Makes and writes suggestions for an operator's reference tables, each phrase in the normal form of its table."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from app.operations.suggestions.rule_suggestions import RuleSuggestion, make_suggestion, write_suggestion
from app.operations.suggestions.table_edits import TableKind
from config.reference.folder import ReferenceFolder
from language import phrase_index, tokens
from language.word_loading import load_word_reader


class SuggestionWriter:
    """Writes suggestions for the tables of `live_folder` into a copy of them.

    `load` reads a folder of tables, and raises `ValueError` if it cannot. One suggestion of a process is written at a
    time.
    """

    def __init__(self, live_folder: Path, load: Callable[[Path], object]) -> None:
        self._live_folder = live_folder
        self._load = load
        self._lock = threading.Lock()

    def make(self, kind: TableKind, key: str, phrase: str, weight: str = "2") -> RuleSuggestion:
        """Return the suggestion of a typed phrase. Raises `InvalidSuggestion`; see `make_suggestion`."""
        return make_suggestion(kind, key, phrase, self._normalizer(kind), weight)

    def write(self, copy_folder: Path, suggestion: RuleSuggestion) -> str:
        """Write the suggestion; return the changed or added row. Raises `InvalidSuggestion`; see `write_suggestion`."""
        with self._lock:
            return write_suggestion(copy_folder, self._live_folder, suggestion, self._load)

    def _normalizer(self, kind: TableKind) -> Callable[[str], Sequence[str]]:
        """Return the function that reads the words of a text as the table of this kind does."""
        if kind == "alias":
            return lambda text: phrase_index.normalize_phrase(text).split()
        if kind == "place":
            return lambda text: tokens.normalize_name(text).split()
        words = load_word_reader(ReferenceFolder(self._live_folder))
        return lambda text: [word.normal for word in words.read_words(text)]
