"""How words are written in a hurry, and what they are in full: `slang.csv`, an operator's file like the agencies'."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.settings import SettingsError

_FILE = Path(__file__).parents[1] / "data" / "slang.csv"
_COLUMNS = ("informal", "formal")
# Small letters; "berkali2" too. What is looked up has no other signs in it.
_INFORMAL = re.compile(r"[a-z]+[0-9]?")
_FORMAL = re.compile(r"[a-z]+(?:[ -][a-z]+)*")
# A complaint with one of these says the opposite of one without it.
_NEGATIONS = frozenset({"tidak", "bukan", "belum", "jangan", "tanpa"})


class SlangError(SettingsError):
    """The file can't be read as words; the text names each row at fault."""


def load_slang(path: Path = _FILE) -> Mapping[str, str]:
    """The formal words (several with spaces between) by the informal one. Raises `SlangError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if tuple(rows.fieldnames or ()) != _COLUMNS:
                raise SlangError(f"{path}: its first row must be {','.join(_COLUMNS)}")
            read = [(rows.line_num, row["informal"] or "", row["formal"] or "") for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SlangError(f"{path}: {error!r}") from error
    if faults := list(_faults(read)):
        raise SlangError("\n".join(f"{path}, {fault}" for fault in faults))
    return {informal: formal for _, informal, formal in read}


def _faults(rows: list[tuple[int, str, str]]) -> Iterator[str]:
    keys = {informal for _, informal, _ in rows}
    seen: set[str] = set()
    for line, informal, formal in rows:
        words = re.split("[ -]", formal)
        if not _INFORMAL.fullmatch(informal) or not _FORMAL.fullmatch(formal):
            yield f"line {line}: {informal!r} and {formal!r} are not words in small letters"
        if informal in _NEGATIONS:
            yield f"line {line}: {informal!r} would be taken away, and a complaint would say the opposite"
        if informal in seen:
            yield f"line {line}: {informal!r} stands there twice"
        if chained := keys.intersection(words):
            yield f"line {line}: {min(chained)!r} is itself an informal word"
        seen.add(informal)
