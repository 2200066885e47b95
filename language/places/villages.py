"""The names of all villages (desa, kelurahan, nagari, gampong …) and the districts in which one of them lies.

Which of them a text means is not decided here: Sukamaju is a village of more than a hundred districts.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.regions import Regions
from config.reference.table_reader import raise_faults, read_table
from language.tokens import normalize_name

VILLAGES = "villages.csv"
_COLUMNS = ("district", "kelurahan", "desa")
_DISTRICT_DEPTH = 2
# More words have no village's name that people write.
LONGEST = 4


class Villages:
    """`rows` are the code of a district, and the names of its kelurahan and of its desa, separated by `|`.

    83,762 villages take about 9 MB: names are kept without spaces (Suka Maju is Sukamaju), each with the number of
    its district, or the numbers of several; twice that number, and one more for a desa (nagari, gampong, kampung …).
    `names` are all names, written so.
    """

    def __init__(self, rows: Iterable[tuple[str, str, str]]) -> None:
        self._codes: list[str] = []
        self._inside: dict[str, int | tuple[int, ...]] = {}
        self.names: Collection[str] = self._inside.keys()
        inside, several = self._inside, dict[str, list[int]]()
        for number, (code, *kinds) in enumerate(rows):
            self._codes.append(code)
            for desa, names in enumerate(kinds):
                place = 2 * number + desa
                for name in names.replace(" ", "").split("|"):
                    if (first := inside.setdefault(name, place)) != place and isinstance(first, int):
                        several.setdefault(name, [first]).append(place)
        inside.pop("", None)
        inside.update({name: tuple(dict.fromkeys(places)) for name, places in several.items() if name})

    def districts(self, joined: str) -> tuple[str, ...]:
        """The codes of the districts with a village of that name, written without spaces; of none, nothing."""
        places = self._inside.get(joined, ())
        if isinstance(places, int):
            return (self._codes[places // 2],)
        return tuple(dict.fromkeys(self._codes[place // 2] for place in places))

    def of_kind(self, joined: str, *, desa: bool) -> tuple[str, ...]:
        """Those of them where it is a desa, or else a kelurahan: people say desa of either, but seldom in a city."""
        places = self._inside.get(joined, ())
        numbers = (places,) if isinstance(places, int) else places
        return tuple(self._codes[place // 2] for place in numbers if place % 2 == desa)


def load_villages(regions: Regions, path: Path = SHIPPED_FOLDER / VILLAGES) -> Villages:
    """The villages in a file, each district a row. Raises `TableError`."""
    read = (row.cells for row in read_table(path, _COLUMNS))
    rows = [(row["district"], row["kelurahan"], row["desa"]) for row in read]
    raise_faults(path, _faults(rows, regions))
    return Villages(rows)


def village_name_words(path: Path = SHIPPED_FOLDER / VILLAGES) -> frozenset[str]:
    """The words of all names in a file. Raises `TableError`."""
    rows = (row.cells for row in read_table(path, _COLUMNS))
    names = " ".join(f"{row['kelurahan']} {row['desa']}" for row in rows)
    return frozenset(names.replace("|", " ").split())


def _faults(rows: Iterable[tuple[str, str, str]], regions: Regions) -> Iterator[str]:
    seen: set[str] = set()
    for code, kelurahan, desa in rows:
        names = "|".join(filter(None, (kelurahan, desa)))
        if code.count(".") != _DISTRICT_DEPTH or regions.get(code) is None:
            yield f"{code} is no district"
        if code in seen:
            yield f"{code} stands twice"
        # The whole row at once: names are a million letters.
        if not names or "||" in f"|{names}|" or normalize_name(names.replace("|", " ")) != names.replace("|", " "):
            yield f"{code}: names must be words in lower case with single spaces, separated by |"
        seen.add(code)
