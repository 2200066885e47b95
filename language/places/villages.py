"""The names of all villages (desa, kelurahan, nagari, gampong …), and the districts that have a village of a name.

It does not decide which village a text means: more than a hundred districts have a village Sukamaju.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.regions import Regions
from config.reference.table_reader import TableRow, raise_faults, read_table
from language.tokens import normalize_name

VILLAGES = "villages.csv"
_COLUMNS = ("district", "kelurahan", "desa")
# Dots in the code of a district: 33.74.11.
_DISTRICT_DOTS = 2
# The longest village name that people write, in words.
MAX_NAME_WORDS = 4

# The code of a district, and the names of its kelurahan and of its desa, each separated by `|`.
VillageRow = tuple[str, str, str]


class Villages:
    """Districts by the joined name of a village (Suka Maju is `sukamaju`).

    83,762 villages take about 9 MB: a name is mapped to the number of its district, or to several of them, instead of
    to codes. The number is doubled, and one higher for a desa (nagari, gampong, kampung …) than for a kelurahan.
    """

    def __init__(self, rows: Sequence[VillageRow]) -> None:
        self._district_codes = [code for code, _, _ in rows]
        self._written_names = "|".join(f"{kelurahan}|{desa}" for _, kelurahan, desa in rows)
        self._numbers: dict[str, int | tuple[int, ...]] = {}
        self.joined_names: Collection[str] = self._numbers.keys()
        shared_names: dict[str, list[int]] = {}
        for district, (_, *names_by_kind) in enumerate(rows):
            for is_desa, names in enumerate(names_by_kind):
                number = 2 * district + is_desa
                for name in names.replace(" ", "").split("|"):
                    first_number = self._numbers.setdefault(name, number)
                    if first_number != number and isinstance(first_number, int):
                        shared_names.setdefault(name, [first_number]).append(number)
        self._numbers.pop("", None)
        self._numbers.update({name: tuple(dict.fromkeys(numbers)) for name, numbers in shared_names.items() if name})

    @cached_property
    def name_words(self) -> frozenset[str]:
        """All words of all village names."""
        # Most words are the name of a village too. They are the same objects.
        names = {name: name for name in self._numbers}
        return frozenset({names.get(word, word) for word in set(self._written_names.replace("|", " ").split())})

    def districts(self, joined_name: str) -> tuple[str, ...]:
        """Return the codes of the districts that have a village of this name."""
        numbers = self._numbers.get(joined_name, ())
        if isinstance(numbers, int):
            return (self._district_codes[numbers // 2],)
        return tuple(dict.fromkeys(self._district_codes[number // 2] for number in numbers))

    def districts_of_kind(self, joined_name: str, *, desa: bool) -> tuple[str, ...]:
        """Return the codes of the districts in which the village of this name is a desa, or else a kelurahan.

        People say desa of either, but seldom in a city.
        """
        numbers = self._numbers.get(joined_name, ())
        numbers = (numbers,) if isinstance(numbers, int) else numbers
        return tuple(self._district_codes[number // 2] for number in numbers if number % 2 == desa)


def load_villages(regions: Regions, path: Path = SHIPPED_FOLDER / VILLAGES) -> Villages:
    """Return the villages in a table that has a row for each district. Raises `TableError`."""
    rows = read_table(path, _COLUMNS)
    raise_faults(path, _faults(rows, regions))
    return Villages([_village_row(row) for row in rows])


def _village_row(row: TableRow) -> VillageRow:
    return row.cells["district"], row.cells["kelurahan"], row.cells["desa"]


def _faults(rows: Sequence[TableRow], regions: Regions) -> Iterator[str]:
    previous_codes: set[str] = set()
    for row in rows:
        code, kelurahan, desa = _village_row(row)
        names = "|".join(filter(None, (kelurahan, desa)))
        if code.count(".") != _DISTRICT_DOTS or regions.get(code) is None:
            yield f"line {row.line}: {code} is no district; write a code like 33.74.11"
        if code in previous_codes:
            yield f"line {row.line}: {code} stands twice; keep one row"
        # All names of a row at once: the table has a million letters.
        spaced_names = names.replace("|", " ")
        if not names or "||" in f"|{names}|" or normalize_name(spaced_names) != spaced_names:
            yield f"line {row.line}: {code}: write names in lower case with single spaces, separated by |"
        previous_codes.add(code)
