"""Counts in how many texts each word stands, and writes `config/data/vocabulary.csv`.

`python -m bench.vocabulary SHARED` reads the folder of real texts (complaints, SMS, tweets) and dictionaries that lies
beside the project. Only single words in their normal form are kept: those of the dictionary, and those that at least
`_FEWEST` texts have in common; none with a digit in it.
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
_FEWEST = 4
_LONGEST = 24
# They stand in several texts, but are persons and places.
_NAMES = frozenset(
    (
        *("hermansyah", "hendrarprihadi", "laporhendi", "sendangmulyo", "meteseh", "mangkang", "penggaron", "ciateul"),
        *("kiaracondong", "tembalang", "setiabudi", "dwi", "eka"),
    )
)
# Short for offices and programmes, and words of other languages of the country: nobody's name, though few texts have
# them.
_NO_NAMES = Path(__file__).parent / "no_names.txt"


def main(shared: Path) -> None:
    """Count and write."""
    slang = load_slang()
    words = WordReader(slang)
    texts = list(_texts(shared / "data"))
    counts = Counter(word for text in texts for word in {word.normal for word in words.read_words(text)})
    usual = {word: count for word, count in counts.items() if count >= _FEWEST and _plain(word) and word not in _NAMES}
    places = load_villages(load_regions()).name_words
    roots = {form.normal for form in words.read_words(_read(shared / "data" / "lexicons" / "root_words.txt"))}
    known = {word: max(1, counts[word]) for word in roots if _plain(word)} | usual
    troubles = load_matter_terms()
    spoken = {*troubles.topics.words, *" ".join(slang.values()).split(), *_read(_NO_NAMES).split()}
    # A harbour that many complain of is a place still.
    said = (troubles.things.words | troubles.faults.words) - places
    known = {word: max(1, counts[word]) for word in said if _plain(word)} | known
    known |= {word: max(_FEWEST, counts[word]) for word in spoken if _plain(word)}
    with _FILE.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("word", "texts"))
        out.writerow(("", len(texts)))
        out.writerows(sorted(known.items()))


def _plain(word: str) -> bool:
    return word.isalpha() and 1 < len(word) <= _LONGEST


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
    main(Path(sys.argv[1]))
