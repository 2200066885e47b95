"""The names of all villages (desa, kelurahan, nagari, gampong …) and the districts in which one of them lies.

Which of them a text means is not decided here: Sukamaju is a village of more than a hundred districts.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.regions import Regions
from config.settings import SettingsError
from language.tokens import normal

_FILE = Path(__file__).parent.parent / "config" / "data" / "villages.csv"
_DISTRICT_DEPTH = 2
# More words have no village's name that people write.
LONGEST = 4


class VillagesError(SettingsError):
    """The file can't be read as villages; the text names the row."""


class Villages:
    """`rows` are the code of a district and the names of its villages, in lower case, separated by `|`.

    83,762 villages take about 12 MB: names are kept without spaces (Suka Maju is Sukamaju), each with the number of
    its district, or the numbers of several.
    """

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        self._codes: list[str] = []
        self._inside: dict[str, int | tuple[int, ...]] = {}
        several: dict[str, list[int]] = {}
        inside = self._inside
        for number, (code, names) in enumerate(rows):
            self._codes.append(code)
            for name in names.replace(" ", "").split("|"):
                if name not in inside:
                    inside[name] = number
                elif name in several:
                    several[name].append(number)
                else:
                    several[name] = [first for first in (inside[name],) if isinstance(first, int)] + [number]
        inside.update({name: tuple(dict.fromkeys(numbers)) for name, numbers in several.items()})

    def __contains__(self, joined: str) -> bool:
        """Whether a village bears the name, written without spaces."""
        return joined in self._inside

    def districts(self, joined: str) -> tuple[str, ...]:
        """The codes of the districts with a village of that name, written without spaces; of none, nothing."""
        numbers = self._inside.get(joined, ())
        return (self._codes[numbers],) if isinstance(numbers, int) else tuple(self._codes[one] for one in numbers)


def load_villages(regions: Regions, path: Path = _FILE) -> Villages:
    """The villages in a file, each district a row. Raises `VillagesError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(row["district"], row["names"]) for row in csv.DictReader(file, strict=True)]
        faults = list(_faults(rows, regions))
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError, TypeError) as error:
        raise VillagesError(f"{path}: {error!r}") from error
    if faults:
        raise VillagesError("\n".join(f"{path}: {fault}" for fault in faults))
    return Villages(rows)


def _faults(rows: Iterable[tuple[str, str]], regions: Regions) -> Iterator[str]:
    seen: set[str] = set()
    for code, names in rows:
        if code.count(".") != _DISTRICT_DEPTH or regions.get(code) is None:
            yield f"{code} is no district"
        if code in seen:
            yield f"{code} stands twice"
        # The whole row at once: names are a million letters.
        if not names or "||" in f"|{names}|" or normal(names.replace("|", " ")) != names.replace("|", " "):
            yield f"{code}: names must be words in lower case with single spaces, separated by |"
        seen.add(code)
