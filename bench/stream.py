"""Invented reports as they come in life: few places have most of them, few phrases are in most, and some come again.

All is drawn by rank, the first far more often than the last (Zipf): cities that there are, streets, quarters, persons
and phrases that are made up, of the words in `config/data/vocabulary.csv`. No report of anybody's is in it.
"""

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from config.reference.folder import SHIPPED_FOLDER
from config.reference.regions import load_regions

_DATA = SHIPPED_FOLDER
_STREETS, _QUARTERS, _PERSONS, _PHRASES = 20_000, 10_000, 20_000, 6_000
# Of all: sent again by the same person; about the same by somebody else.
_AGAIN, _SAME = 0.12, 0.05
# A word of a phrase that everybody has may be one's own.
_OWN_WORD = 0.3
# Clauses beside what is the matter, so that a text has about 400 characters, some four times as many.
_CLAUSES = (0, 1, 2, 3, 4, 5, 6, 8, 12, 20)
_SMS = 160
_GREETINGS = ("", "", "Selamat pagi. ", "Assalamualaikum wr wb. ", "Yth. Bapak Bupati, ", "LAPOR ", "Mohon maaf min, ")
_ENDS = ("", "", " Terima kasih.", " Mohon ditindaklanjuti, terima kasih.", " Tolong segera ditangani.", " Trims")
_WHERE = (
    "di Jl. {street} RT {rt} RW {rw} Kel. {quarter}, {city}",
    "di jalan {street} {quarter} {city}",
    "di depan SDN {rt} {quarter}, {city}",
    "dekat pasar {quarter} jl {street}",
    "Perumahan {quarter} Blok {block}{rt}, {city}",
    "di desa {quarter} kec. {street} {city}",
    "di {city}",
    "",
)
_WHO = ("", "", "", " Saya {person}, hp 0812{number:08d}.", " a.n. {person}", " No peserta 000{number:010d}.")
_SYLLABLES = [first + second for first in "bcdgjklmnprstw" for second in ("a", "i", "u", "e", "o", "an", "ung", "er")]


@dataclass(frozen=True, slots=True)
class Sent:
    """A report: who sent it (a key), its title, text and address; `again` if its sender said the same before."""

    sender: str
    title: str
    text: str
    address: str = ""
    again: bool = False


class Drawn:
    """Things by rank: the first is drawn most."""

    def __init__(self, things: Sequence[str], weights: Sequence[float] = (), flat: float = 10.0) -> None:
        self._things = things
        self._sums = list(accumulate(weights or (1 / (flat + rank) for rank in range(len(things)))))

    def some(self, rng: random.Random, count: int = 1) -> list[str]:
        """So many of them."""
        return rng.choices(self._things, cum_weights=self._sums, k=count)

    def one(self, rng: random.Random) -> str:
        """One of them."""
        return self.some(rng)[0]


class Stream:
    """Reports without end; `seed` says which."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - invented reports
        # What is drawn from is the same for every seed.
        rng = random.Random(1708)  # noqa: S311 - as above
        regions = load_regions()
        words = {row["word"]: int(row["texts"]) for row in _rows("vocabulary") if row["word"]}
        # Most words of a dictionary nobody writes.
        self._words = Drawn(list(words), [count - 0.9 for count in words.values()])
        cities = [region.name for province in regions.children() for region in regions.children(province.code)]
        rng.shuffle(cities)
        self._cities = Drawn(cities)
        self._streets = Drawn([_name(rng, rng.choice((2, 3, 3, 4))) for _ in range(_STREETS)])
        self._quarters = Drawn([_name(rng, rng.choice((2, 3, 3))) for _ in range(_QUARTERS)])
        self._persons = Drawn([f"{_name(rng, 2)} {_name(rng, 3)}" for _ in range(_PERSONS)], flat=_PERSONS)
        self._phrases = Drawn([" ".join(self._words.some(rng, rng.randrange(4, 10))) for _ in range(_PHRASES)])
        self._troubles = Drawn([words for row in _rows("troubles") for words in row["words"].split("|")])
        self._sent: list[Sent] = []

    def take(self, count: int) -> list[Sent]:
        """The next ones: most are new, some like one that came before."""
        return [self._next() for _ in range(count)]

    def again(self, sent: Sent) -> Sent:
        """The same as its sender sends it again: copied, cut off, with more or fewer words."""
        rng, text = self._rng, sent.text
        fewer = " ".join(word for word in text.split() if word[0].isupper() or rng.random() > 0.1)  # noqa: PLR2004
        changed = (
            text,
            text.upper(),
            f"Assalamualaikum. {text} Mohon ditindaklanjuti",
            f"{text} {self._clause()}.",
            text[:_SMS],
            text[: len(text) // 2],
            fewer,
        )
        return replace(sent, title="", text=rng.choice(changed), again=True)

    def _next(self) -> Sent:
        rng, drawn = self._rng, self._rng.random()
        if self._sent and drawn < _AGAIN:
            return self.again(rng.choice(self._sent))
        if self._sent and drawn < _AGAIN + _SAME:
            other = rng.choice(self._sent)
            return replace(self._new(), text=self._text(other.address), address=other.address)
        made = self._new()
        self._sent.append(made)
        return made

    def _new(self) -> Sent:
        rng = self._rng
        names = {"street": self._streets.one(rng), "quarter": self._quarters.one(rng), "city": self._cities.one(rng)}
        numbers = {"rt": rng.randrange(1, 20), "rw": rng.randrange(1, 15), "block": rng.choice("ABCDEF")}
        where = rng.choice(_WHERE).format(**names, **numbers)
        title = self._troubles.one(rng) if rng.random() < 0.5 else ""  # noqa: PLR2004 - every other one
        address = where if rng.random() < 0.2 else ""  # noqa: PLR2004 - every fifth one
        return Sent(f"s{rng.randrange(10**9)}", title, self._text(where), address)

    def _text(self, where: str) -> str:
        rng = self._rng
        clauses = [self._clause() for _ in range(rng.choice(_CLAUSES))]
        clauses.insert(rng.randrange(len(clauses) + 1), f"{self._troubles.one(rng)} {where}".strip())
        who = rng.choice(_WHO).format(person=self._persons.one(rng), number=rng.randrange(10**8))
        return f"{rng.choice(_GREETINGS)}{', '.join(clauses)}.{who}{rng.choice(_ENDS)}"

    def _clause(self) -> str:
        rng = self._rng
        words = self._phrases.one(rng).split()
        return " ".join(self._words.one(rng) if rng.random() < _OWN_WORD else word for word in words)


def _name(rng: random.Random, syllables: int) -> str:
    return "".join(rng.choices(_SYLLABLES, k=syllables)).capitalize()


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
