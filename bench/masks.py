"""Measures the masker on invented messages: `python -m bench.masks`.

Recall: the share of marked parts of which nothing is left. Precision: the share of masked parts that touch a marked
one. Readable: the share of parts that must stay and of which everything is left.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from language.masking import PersonalSpan, find_personal

FOLDER = Path(__file__).parents[1] / "tests" / "data" / "masks"
READABLE = "readable"
# Kinds of the messages whose recall is counted together as that of numbers.
NUMBER_KINDS = frozenset(("number", "nik", "phone", "plate", "account"))


@dataclass
class Measured:
    """Parts of each kind, those that the masker missed, and what it masked or took away wrongly."""

    parts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    missed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    masked: int = 0
    wrongly_masked: list[str] = field(default_factory=list)

    def recall(self, kinds: Iterable[str]) -> float:
        """Return the share of the parts of these kinds that are masked, or for `readable`, that are left."""
        chosen = [*kinds]
        count = sum(self.parts[kind] for kind in chosen)
        return 1 - sum(len(self.missed[kind]) for kind in chosen) / count

    @property
    def precision(self) -> float:
        """Share of the masked parts that touch a marked part."""
        return 1 - len(self.wrongly_masked) / self.masked


def measure(path: Path) -> Measured:
    """Mask all messages of a file."""
    measured = Measured()
    for line in path.read_text().splitlines():
        message = json.loads(line)
        _compare(measured, message["text"], message["spans"], find_personal(message["text"]))
    return measured


def _compare(measured: Measured, text: str, marked: list[dict[str, int | str]], masked: list[PersonalSpan]) -> None:
    hidden = {position for span in masked for position in range(span.start, span.end)}
    personal: set[int] = set()
    for part in marked:
        kind, positions = str(part["kind"]), range(int(part["start"]), int(part["end"]))
        signs = {position for position in positions if _counts(text[position], kind)}
        measured.parts[kind] += 1
        if kind != READABLE:
            personal |= set(positions)
        if signs & hidden if kind == READABLE else signs - hidden:
            measured.missed[kind].append(f"{text[positions.start : positions.stop]} | {text}")
    measured.masked += len(masked)
    for span in masked:
        if personal.isdisjoint(range(span.start, span.end)):
            measured.wrongly_masked.append(f"{text[span.start : span.end]} | {text}")


def _counts(character: str, kind: str) -> bool:
    """Return True for the characters of a part that decide: digits of an address, else letters and digits."""
    return character.isdigit() if kind == "address" else character.isalnum()


def _processor_seconds(texts: list[str], times: int) -> float:
    begin = time.process_time()
    for _ in range(times):
        for text in texts:
            find_personal(text)
    return (time.process_time() - begin) / (times * len(texts))


def main() -> None:
    """Print recall, precision and processor time for both halves; with `-v` also what is wrong in `train`."""
    texts: list[str] = []
    for name in ("train", "test"):
        path = FOLDER / f"{name}.jsonl"
        measured = measure(path)
        sys.stdout.write(f"{name}: {_summary(measured)}\n")
        if "-v" in sys.argv and name == "train":
            lines = [f"  {kind}: {part}" for kind, parts in measured.missed.items() for part in parts]
            lines += [f"  wrongly masked: {part}" for part in measured.wrongly_masked]
            sys.stdout.write("\n".join(lines) + "\n")
        texts += [json.loads(line)["text"] for line in path.read_text().splitlines()]
    sys.stdout.write(f"{_processor_seconds(texts, 5) * 1e6:.0f} µs of processor time for each text\n")
    for length in (50_000, 200_000):
        long_text = (" ".join(texts) * (length // 10_000 + 1))[:length]
        sys.stdout.write(f"{length:,} characters: {_processor_seconds([long_text], 1) * 1e3:.0f} ms\n")


def _summary(measured: Measured) -> str:
    number_count = sum(measured.parts[kind] for kind in NUMBER_KINDS)
    shares = [f"number {measured.recall(NUMBER_KINDS):.3f} of {number_count}"]
    kinds = ("name", "address", "mail", "handle", READABLE)
    shares += [f"{kind} {measured.recall([kind]):.3f} of {measured.parts[kind]}" for kind in kinds]
    return f"{', '.join(shares)}, precision {measured.precision:.3f} of {measured.masked}"


if __name__ == "__main__":
    main()
