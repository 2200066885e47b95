"""Invented reports with the frequencies of real ones: few places have most reports, few phrases are in most texts.

Some reports are sent again. All parts are drawn by rank, the first far more often than the last (Zipf): real cities,
and invented streets, quarters, persons and phrases of the words in `config/data/vocabulary.csv`. No real report is in
it.
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
# Shares of all reports: sent again by the same person, and about an earlier report's address by another person.
_RESENT_SHARE, _SAME_ADDRESS_SHARE = 0.12, 0.05
# Share of the words of a common phrase that one sender replaces.
_REPLACED_WORD_SHARE = 0.3
_OMITTED_WORD_SHARE = 0.1
_TITLE_SHARE = 0.5
_ADDRESS_SHARE = 0.2
# Taken from a word's count, so that most words of the dictionary are hardly ever drawn.
_RARE_WORD_DISCOUNT = 0.9
# Numbers of clauses besides the trouble: a text has about 400 characters, some have four times as many.
_CLAUSES = (0, 1, 2, 3, 4, 5, 6, 8, 12, 20)
_SMS_LENGTH = 160
_GREETINGS = ("", "", "Selamat pagi. ", "Assalamualaikum wr wb. ", "Yth. Bapak Bupati, ", "LAPOR ", "Mohon maaf min, ")
_CLOSINGS = ("", "", " Terima kasih.", " Mohon ditindaklanjuti, terima kasih.", " Tolong segera ditangani.", " Trims")
_PLACES = (
    "di Jl. {street} RT {rt} RW {rw} Kel. {quarter}, {city}",
    "di jalan {street} {quarter} {city}",
    "di depan SDN {rt} {quarter}, {city}",
    "dekat pasar {quarter} jl {street}",
    "Perumahan {quarter} Blok {block}{rt}, {city}",
    "di desa {quarter} kec. {street} {city}",
    "di {city}",
    "",
)
_SENDERS = ("", "", "", " Saya {person}, hp 0812{number:08d}.", " a.n. {person}", " No peserta 000{number:010d}.")
_SYLLABLES = [first + second for first in "bcdgjklmnprstw" for second in ("a", "i", "u", "e", "o", "an", "ung", "er")]


@dataclass(frozen=True, slots=True)
class InventedReport:
    """A report with the key of its sender; `is_repeat` is True if its sender sent the same before."""

    sender: str
    title: str
    text: str
    address: str = ""
    is_repeat: bool = False


class RankedChoice:
    """Values by rank: the first is drawn most. `offset` flattens the ranks."""

    def __init__(self, values: Sequence[str], weights: Sequence[float] = (), offset: float = 10.0) -> None:
        self._values = values
        self._cumulative_weights = list(accumulate(weights or (1 / (offset + rank) for rank in range(len(values)))))

    def draw_many(self, rng: random.Random, count: int) -> list[str]:
        """Return this many values."""
        return rng.choices(self._values, cum_weights=self._cumulative_weights, k=count)

    def draw(self, rng: random.Random) -> str:
        """Return one value."""
        return self.draw_many(rng, 1)[0]


class ReportStream:
    """Reports without end, the same for the same `seed`."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - invented reports
        # The values to draw from are the same for every seed.
        rng = random.Random(1708)  # noqa: S311 - as above
        word_counts = {row["word"]: int(row["texts"]) for row in _read_rows("vocabulary") if row["word"]}
        self._words = RankedChoice(list(word_counts), [count - _RARE_WORD_DISCOUNT for count in word_counts.values()])
        self._cities = RankedChoice(_shuffled_cities(rng))
        self._streets = RankedChoice([_invent_name(rng, rng.choice((2, 3, 3, 4))) for _ in range(_STREETS)])
        self._quarters = RankedChoice([_invent_name(rng, rng.choice((2, 3, 3))) for _ in range(_QUARTERS)])
        persons = [f"{_invent_name(rng, 2)} {_invent_name(rng, 3)}" for _ in range(_PERSONS)]
        self._persons = RankedChoice(persons, offset=_PERSONS)
        phrases = [" ".join(self._words.draw_many(rng, rng.randrange(4, 10))) for _ in range(_PHRASES)]
        self._phrases = RankedChoice(phrases)
        self._matter_phrases = RankedChoice(
            [phrase for row in _read_rows("matter_topics") for phrase in row["words"].split("|")]
        )
        self._earlier_reports: list[InventedReport] = []

    def take(self, count: int) -> list[InventedReport]:
        """Return the next reports: most are new, some repeat an earlier one."""
        return [self._next_report() for _ in range(count)]

    def resend(self, report: InventedReport) -> InventedReport:
        """Return the report as its sender sends it again: copied, cut off, with more or fewer words."""
        rng, text = self._rng, report.text
        remaining_words = (word for word in text.split() if word[0].isupper() or rng.random() > _OMITTED_WORD_SHARE)
        shortened = " ".join(remaining_words)
        changed_texts = (
            text,
            text.upper(),
            f"Assalamualaikum. {text} Mohon ditindaklanjuti",
            f"{text} {self._invent_clause()}.",
            text[:_SMS_LENGTH],
            text[: len(text) // 2],
            shortened,
        )
        # Of a single short word nothing may be left, and nobody sends that.
        return replace(report, title="", text=rng.choice(changed_texts) or text, is_repeat=True)

    def _next_report(self) -> InventedReport:
        rng, draw = self._rng, self._rng.random()
        if self._earlier_reports and draw < _RESENT_SHARE:
            return self.resend(rng.choice(self._earlier_reports))
        if self._earlier_reports and draw < _RESENT_SHARE + _SAME_ADDRESS_SHARE:
            earlier = rng.choice(self._earlier_reports)
            return replace(self._new_report(), text=self._invent_text(earlier.address), address=earlier.address)
        report = self._new_report()
        self._earlier_reports.append(report)
        return report

    def _new_report(self) -> InventedReport:
        rng = self._rng
        names = {
            "street": self._streets.draw(rng),
            "quarter": self._quarters.draw(rng),
            "city": self._cities.draw(rng),
        }
        numbers = {"rt": rng.randrange(1, 20), "rw": rng.randrange(1, 15), "block": rng.choice("ABCDEF")}
        location = rng.choice(_PLACES).format(**names, **numbers)
        title = self._matter_phrases.draw(rng) if rng.random() < _TITLE_SHARE else ""
        address = location if rng.random() < _ADDRESS_SHARE else ""
        return InventedReport(f"s{rng.randrange(10**9)}", title, self._invent_text(location), address)

    def _invent_text(self, location: str) -> str:
        rng = self._rng
        clauses = [self._invent_clause() for _ in range(rng.choice(_CLAUSES))]
        clauses.insert(rng.randrange(len(clauses) + 1), f"{self._matter_phrases.draw(rng)} {location}".strip())
        sender = rng.choice(_SENDERS).format(person=self._persons.draw(rng), number=rng.randrange(10**8))
        return f"{rng.choice(_GREETINGS)}{', '.join(clauses)}.{sender}{rng.choice(_CLOSINGS)}"

    def _invent_clause(self) -> str:
        rng = self._rng
        words = self._phrases.draw(rng).split()
        return " ".join(self._words.draw(rng) if rng.random() < _REPLACED_WORD_SHARE else word for word in words)


def _shuffled_cities(rng: random.Random) -> list[str]:
    regions = load_regions()
    cities = [region.name for province in regions.children() for region in regions.children(province.code)]
    rng.shuffle(cities)
    return cities


def _invent_name(rng: random.Random, syllables: int) -> str:
    return "".join(rng.choices(_SYLLABLES, k=syllables)).capitalize()


def _read_rows(name: str) -> list[dict[str, str]]:
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
