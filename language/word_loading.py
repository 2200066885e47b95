"""Loads the reader of words from an operator's slang, also where no other table is needed."""

from collections.abc import Mapping

from config.reference.folder import SHIPPED, ReferenceFolder
from config.reference.slang import SLANG, load_slang
from config.reference.table_reader import TableError
from language.words import WordReader


def load_word_reader(folder: ReferenceFolder = SHIPPED) -> WordReader:
    """Return the word reader of an operator's slang. Raises `TableError`."""
    return word_reader(load_slang(folder.table(SLANG)))


def word_reader(slang: Mapping[str, str]) -> WordReader:
    """Return the reader of words with this slang. Raises `TableError`."""
    try:
        return WordReader(slang)
    except ValueError as error:
        raise TableError(f"{SLANG}: {error}; change or remove these rows") from error
