"""Measures how the processor time to read a text grows with its length: `python -m bench.long_texts [LENGTH]`.

Each text repeats one kind of pattern that the readers know. For each text the command prints the milliseconds to route
it, to read it for the duplicate search and to classify it, at one length and at twice that length, and the ratio of the
two. About 2 is linear, about 4 is quadratic. The last line is the highest ratio of the times above some milliseconds:
below them, chance is larger than growth.
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Mapping

from app.assembly.channels import DIRECTORY
from config.reference.duplicate_weights import DUPLICATE_WEIGHTS, load_duplicate_weights
from config.reference.folder import SHIPPED_FOLDER, ReferenceFolder
from language.model import load_language_model
from messages.shapes import Report
from normalize.classification.factory import load_classifier
from normalize.duplicates.factory import DuplicateDetection
from router.decide import decide
from router.rules_loading import load_rules_of_folder

# Characters. A report has at most 10,000; twice that length shows the growth of the longest.
LENGTH = 10_000
_MIN_MILLISECONDS = 30.0
PATTERNS: Mapping[str, str] = {
    "districts": "Kec. Depok ",
    "units at a place": "Polsek Depok ",
    "schools at a place": "SDN 1 Depok ",
    "salutations": "yth. ",
    "salutations with a name": "Yth. Menteri PU, ",
    "government names": "Kota Depok, ",
    "institutions": "PLN ",
    "ministries": "Kementerian Kesehatan ",
    "city names": "Semarang ",
    "place pairs": "Depok-Bogor-",
    "villages": "desa Sukamaju ",
    "offices": "dinas kesehatan kota Depok ",
    "dates": "12 Januari 2026 ",
    "dates in digits": "12/01/2026, ",
    "numbers": "0812 3456 7890 ",
    "digits": "1",
    "digits and full stops": "1.",
    "amounts": "5 juta ",
    "streets": "jl. Kenanga ",
    "abbreviations": "jl. ",
    "neighbourhoods": "rt 1 rw 2 ",
    "persons": "pak Budi ",
    "addresses on the web": "https://contoh.id/a ",
    "hashtags": "#Semarang ",
    "accounts": "@Lapor1708 ",
    "short words": "no ",
    "trouble": "lampu padam ",
    "letters and digits": "a1",
    "one word": "ab",
    "one foreign word": "á",
    "signs": "( ",
    "lines": "x\n\n",
}


def repeated(pattern: str, length: int) -> str:
    """Return the pattern repeated to this length."""
    return (pattern * (length // len(pattern) + 1))[:length]


def main(length: int = LENGTH) -> list[dict[str, object]]:
    """Run the measurement; return one row for each text and reading, then the highest ratio."""
    readings = _readings()
    for read in readings.values():
        read(repeated("Jalan rusak di Kec. Depok. ", length))
    # A collection of the tables would take longer than a reading.
    gc.freeze()
    gc.disable()
    rows: list[dict[str, object]] = []
    ratios = []
    for text_name, pattern in PATTERNS.items():
        for reading, read in readings.items():
            short_time = _milliseconds(read, repeated(pattern, length))
            long_time = _milliseconds(read, repeated(pattern, 2 * length))
            ratio = round(long_time / short_time, 1)
            times = {"ms": round(short_time, 1), "ms_at_twice": round(long_time, 1), "ratio": ratio}
            rows.append({"text": text_name, "reading": reading, **times})
            ratios.append(ratio if long_time >= _MIN_MILLISECONDS else 0.0)
    return [*rows, {"highest_ratio": max(ratios)}]


def _readings() -> Mapping[str, Callable[[str], object]]:
    reference = ReferenceFolder(SHIPPED_FOLDER)
    rules = load_rules_of_folder(SHIPPED_FOLDER)
    weights = load_duplicate_weights(reference.table(DUPLICATE_WEIGHTS))
    reader = DuplicateDetection(load_language_model(reference), weights).reader
    classifier = load_classifier(reference, DIRECTORY.without_kind_choice)
    return {
        "route": lambda text: decide(_report(text), rules),
        "duplicates": lambda text: reader.lookup_keys(reader.read_report(_report(text), "", "web", None)),
        "classify": lambda text: classifier.classify(text, "", "sms"),
    }


def _report(text: str) -> Report:
    """Return a report without the check of its length."""
    return Report.model_construct(text=text)


def _milliseconds(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    read(text)
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    for row in main(int(sys.argv[1]) if sys.argv[1:] else LENGTH):
        print(json.dumps(row))  # noqa: T201
