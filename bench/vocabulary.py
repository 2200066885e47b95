"""Counts the texts that contain each word, and writes `config/data/vocabulary.csv`.

`python -m bench.vocabulary SHARED [TABLE]` reads the folder of real texts (complaints, SMS, tweets) and dictionaries
beside the project. It writes single words in normal form: those of the dictionary, and those that at least `_MIN_TEXTS`
texts have in common; none with a digit.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.matter_terms import load_matter_terms
from config.reference.regions import load_regions
from config.reference.slang import load_slang
from language.places.villages import load_villages
from language.words import WordReader

_FILE = SHIPPED_FOLDER / "vocabulary.csv"
_MIN_TEXTS = 4
_MAX_LETTERS = 24
# Names of persons and places that several texts contain.
_NAMES = frozenset(
    (
        *("hermansyah", "hendrarprihadi", "laporhendi", "sendangmulyo", "meteseh", "mangkang", "penggaron", "ciateul"),
        *("kiaracondong", "tembalang", "setiabudi", "dwi", "eka"),
    )
)
# Abbreviations of offices and programmes, and words of regional languages: no names, although few texts have them.
_NO_NAMES = Path(__file__).parent / "no_names.txt"


def main(shared: Path, table: Path) -> None:
    """Count the words and write the table."""
    slang = load_slang()
    words = WordReader(slang)
    texts = list(_texts(shared / "data"))
    counts = Counter(word for text in texts for word in {word.normal for word in words.read_words(text)})
    frequent = {
        word: count for word, count in counts.items() if count >= _MIN_TEXTS and _is_plain(word) and word not in _NAMES
    }
    place_words = load_villages(load_regions()).name_words
    roots = {form.normal for form in words.read_words(_read(shared / "data" / "lexicons" / "root_words.txt"))}
    known_words = {word: max(1, counts[word]) for word in roots if _is_plain(word)} | frequent
    terms = load_matter_terms()
    frequent_words = {*terms.topics.words, *" ".join(slang.values()).split(), *_read(_NO_NAMES).split()}
    # An object with the name of a place (a harbour) stays a place.
    matter_words = (terms.objects.words | terms.faults.words) - place_words
    known_words = {word: max(1, counts[word]) for word in matter_words if _is_plain(word)} | known_words
    known_words |= {word: max(_MIN_TEXTS, counts[word]) for word in frequent_words if _is_plain(word)}
    with table.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("word", "texts"))
        out.writerow(("", len(texts)))
        out.writerows(sorted(known_words.items()))


def _is_plain(word: str) -> bool:
    return word.isalpha() and 1 < len(word) <= _MAX_LETTERS


def _texts(data: Path) -> Iterator[str]:
    for row in _rows(data / "complaints" / "national_2017_dev.csv"):
        yield f"{row['title']}\n{row['text']}"
    yield from (row["Teks"] for row in _rows(data / "sms" / "upi_sms_2018.csv") if row["label"] == "0")
    yield from _read(data / "lexicons" / "stif" / "train.for").splitlines()


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else _FILE)
