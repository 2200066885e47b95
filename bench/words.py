"""Measures how similar the normal forms of informal Indonesian are to its formal version, and their processor time.

`python -m bench.words` reads pairs of informal and formal sentences (STIF, part `dev`; the table is chosen on `train`)
and public complaints, both from the shared data, and prints one JSON object. For each method to read words: `f1` of
the words of both sides and `wer` (edits of words per formal word) with both sides read by the method; `f1_formal` and
`wer_formal` with the formal side in small letters only. Then processor time in µs per 400 characters: `cold` for new
texts and a new reader; `steady` for new texts and a reader that has read as many others; `warm` for texts read before.
"""

import csv
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from rapidfuzz.distance import Levenshtein

from bench.shared_data import NATIONAL_REPORTS, SHARED_DATA
from config.reference.slang import load_slang
from language.text import clean_text
from language.words import WordReader

_LEXICONS = SHARED_DATA / "lexicons"
_WORD = re.compile(r"[^\W_]+")
_CHARACTERS = 400
_RUNS = 9

Reader = Callable[[str], list[str]]


def main() -> dict[str, object]:
    """Return the figures that are printed."""
    words = WordReader(load_slang())
    lexicon = _lexicon()
    methods: dict[str, Reader] = {
        "nothing": _lower_case_words,
        "lexicon": lambda text: [
            formal for word in _lower_case_words(text) for formal in _lower_case_words(lexicon.get(word, word))
        ],
        "words": lambda text: [word.normal for word in words.read_words(text)],
    }
    pairs = list(zip(_lines("dev.inf"), _lines("dev.for"), strict=True))
    return {
        "pairs": len(pairs),
        **{name: _similarity(read, pairs) for name, read in methods.items()},
        "cpu_us": _cost(_complaints()),
    }


def _lower_case_words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _lines(name: str) -> list[str]:
    return (_LEXICONS / "stif" / name).read_text(encoding="utf-8").splitlines()


def _lexicon() -> Mapping[str, str]:
    """Return both dictionaries; for a word of both the first one counts."""
    with (_LEXICONS / "informal_formal.tsv").open(encoding="utf-8", newline="") as file:
        second = {row["informal"]: row["formal"] for row in csv.DictReader(file, delimiter="\t")}
    first: dict[str, str] = json.loads((_LEXICONS / "slang_words.json").read_text(encoding="utf-8"))
    return second | first


def _complaints() -> list[str]:
    with NATIONAL_REPORTS.open(encoding="utf-8", newline="") as file:
        return [clean_text(f"{row['title']}\n{row['text']}") for row in csv.DictReader(file)]


def _similarity(read: Reader, pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    read_alike = [(read(informal), read(formal)) for informal, formal in pairs]
    as_written = [(read(informal), _lower_case_words(formal)) for informal, formal in pairs]
    return {
        "f1": _f1(read_alike),
        "wer": _wer(read_alike),
        "f1_formal": _f1(as_written),
        "wer_formal": _wer(as_written),
    }


def _f1(pairs: Sequence[tuple[list[str], list[str]]]) -> float:
    common = sum((Counter(words) & Counter(formal_words)).total() for words, formal_words in pairs)
    return round(2 * common / sum(len(words) + len(formal_words) for words, formal_words in pairs), 4)


def _wer(pairs: Sequence[tuple[list[str], list[str]]]) -> float:
    edits = sum(Levenshtein.distance(words, formal_words) for words, formal_words in pairs)
    return round(edits / sum(len(formal_words) for _, formal_words in pairs), 4)


def _cost(texts: Sequence[str]) -> dict[str, float]:
    """Return the lowest times of several runs: other work on the machine only adds to them."""
    half = len(texts) // 2
    best: dict[str, float] = {}
    for _ in range(_RUNS):
        words = WordReader(load_slang())
        for name, part in (("cold", texts[:half]), ("steady", texts[half:]), ("warm", texts[half:])):
            microseconds = _seconds(words, part) / sum(map(len, part)) * _CHARACTERS * 1e6
            best[name] = min(round(microseconds, 1), best.get(name, microseconds))
    return best


def _seconds(words: WordReader, texts: Sequence[str]) -> float:
    began = time.process_time()
    for text in texts:
        words.read_words(text)
    return time.process_time() - began


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))  # noqa: T201 - what a bench is for
