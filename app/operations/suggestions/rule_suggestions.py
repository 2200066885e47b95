"""Suggestions for the reference tables, written into a copy: one row is changed or added, all others stay as they are.

The tables in use are not changed: a reviewer examines the copy and puts it into use.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.operations.suggestions.table_edits import TABLES, InvalidSuggestion, TableEdit, TableKind, edit_table
from language.masking import mask_text

_MAX_PHRASE_LENGTH = 80
# Separates the parts of a topic's phrase, each of which may be anywhere in the text.
_PART_SEPARATOR = "~"


@dataclass(frozen=True, slots=True)
class RuleSuggestion:
    """Suggestion that a phrase names an institution or a place, or is evidence for a topic.

    `edit.phrase` is in the normal form of its table. `normalize` returns the words of a text in that form.
    """

    edit: TableEdit
    normalize: Callable[[str], Sequence[str]]

    @property
    def table(self) -> str:
        """File name of the table."""
        return TABLES[self.edit.kind]

    def occurs_in(self, text: str) -> bool:
        """Return True if the words of each part of the phrase occur in the text."""
        words = f" {' '.join(self.normalize(text))} "
        return all(f" {part.strip()} " in words for part in self.edit.phrase.split(_PART_SEPARATOR))


def make_suggestion(
    kind: TableKind, key: str, typed: str, normalize: Callable[[str], Sequence[str]], weight: str = "2"
) -> RuleSuggestion:
    """Return the suggestion of a typed phrase.

    Raises `InvalidSuggestion` for a phrase without words, and for one that may be a person's number or address.
    """
    parts = typed.split(_PART_SEPARATOR) if kind == "topic" else [typed]
    normal_parts = [" ".join(normalize(part)) for part in parts]
    if not all(normal_parts) or len(typed) > _MAX_PHRASE_LENGTH:
        raise InvalidSuggestion(f"A phrase has one or more words and at most {_MAX_PHRASE_LENGTH} characters.")
    if mask_text(typed) != typed:
        raise InvalidSuggestion(
            "The phrase has a name, a number, a handle or an address that may belong to a person. Tables are public."
        )
    return RuleSuggestion(TableEdit(kind, key, f" {_PART_SEPARATOR} ".join(normal_parts), weight), normalize)


def write_suggestion(
    copy_folder: Path, live_folder: Path, suggestion: RuleSuggestion, load: Callable[[Path], object]
) -> str:
    """Write the suggestion into a copy of the tables, which may exist. Returns the changed or added row.

    `load` reads a folder of tables and raises `ValueError` if it cannot. A suggestion that does not load changes
    nothing. Raises `InvalidSuggestion`.
    """
    source_folder = _source_folder(copy_folder, live_folder)
    if not (source_folder / suggestion.table).is_file():
        raise InvalidSuggestion(f"There is no {suggestion.table} in {source_folder}.")
    with tempfile.TemporaryDirectory() as temporary_name:
        temporary_folder = Path(temporary_name)
        for file in source_folder.glob("*.csv"):
            shutil.copyfile(file, temporary_folder / file.name)
        edited_text, row = edit_table(_read_text(temporary_folder / suggestion.table), suggestion.edit)
        (temporary_folder / suggestion.table).write_bytes(edited_text.encode())
        try:
            load(temporary_folder)
        except ValueError as error:
            detail = str(error).replace(temporary_name, str(copy_folder))
            raise InvalidSuggestion(f"With the suggestion the tables do not load: {detail}") from error
        copy_folder.mkdir(parents=True, exist_ok=True)
        for file in temporary_folder.iterdir():
            if source_folder != copy_folder or file.name == suggestion.table:
                shutil.copyfile(file, copy_folder / file.name)
    return row


def _source_folder(copy_folder: Path, live_folder: Path) -> Path:
    """Return the folder whose tables are edited: the copy if it exists, else the tables in use."""
    if copy_folder.resolve() == live_folder.resolve():
        raise InvalidSuggestion(f"{copy_folder} is in use. Name another folder for the copy.")
    if copy_folder.exists() and not copy_folder.is_dir():
        raise InvalidSuggestion(f"{copy_folder} is not a folder.")
    if not copy_folder.exists() or not any(copy_folder.iterdir()):
        return live_folder
    if not (copy_folder / TABLES["alias"]).is_file():
        raise InvalidSuggestion(f"{copy_folder} has other files. Name a new folder, or one with an edited copy.")
    return copy_folder


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InvalidSuggestion(f"{path.name} is not UTF-8.") from error
