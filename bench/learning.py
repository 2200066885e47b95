"""Learns the weights of `kinds.csv` from real messages. Which phrases there are, a person says."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.corpus import UNWANTED, Message
from bench.logistic import Example, Pull, fit
from config.reference.classification_phrases import ALWAYS, COLUMNS, LISTED, ClassificationRow
from messages.shapes import Kind
from tests.support.stages import make_classifier

# Nothing but the data says how often a class comes.
_FREE = 0.05
# Added to what starts the sum that sets aside: its zero then lies where nine of ten are caught, and two below that the
# last real report without a protecting word (`python -m bench.classification` shows both).
_LEANING = 0.75


def learn(messages: Sequence[Message], cues: Sequence[ClassificationRow]) -> tuple[ClassificationRow, ...]:
    """The cues with weights between zero and twice what a person gave: learning neither invents nor reverses one.

    What is a wish, and what publicity, is not learned: the reports are classified too loosely for the one, and none is
    the other.
    """
    classifier = make_classifier(cues)
    found = [classifier.match_phrases(message.text).rows for message in messages]
    weights: dict[str, dict[str, float]] = {}
    for says, strength, of in _CLASSES:
        rows = {cue.name: cue for cue in cues if cue.outcome == says}
        pulls = {name: _pull(cue, strength) for name, cue in rows.items()}
        examples = [
            Example(
                frozenset(cue.name for cue in there if cue.outcome == says) | {ALWAYS}, answer, message.copies**-0.5
            )
            for message, there in zip(messages, found, strict=True)
            if (answer := of(message)) is not None
        ]
        weights[says] = fit(examples, pulls)
    weights["unwanted"][ALWAYS] += _LEANING
    return tuple(replace(cue, weight=round(weights.get(cue.outcome, {}).get(cue.name, cue.weight), 2)) for cue in cues)


def write(cues: Sequence[ClassificationRow], path: Path) -> None:
    """Write the table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for cue in cues:
            numbers = ("", "") if cue.outcome in LISTED else (f"{cue.given_weight:g}", f"{cue.weight:g}")
            rows.writerow((cue.outcome, *numbers, "|".join(cue.phrases)))


def _pull(cue: ClassificationRow, strength: float) -> Pull:
    if cue.name == ALWAYS:
        return Pull(cue.given_weight, _FREE)
    return Pull(cue.given_weight, strength, min(0.0, 2 * cue.given_weight), max(0.0, 2 * cue.given_weight))


def _unwanted(message: Message) -> bool:
    return message.source in UNWANTED


def _fraud(message: Message) -> bool | None:
    return message.source == "fraud" if message.source in UNWANTED else None


def _question(message: Message) -> bool | None:
    return None if message.kind is None else message.kind is Kind.PERMINTAAN_INFORMASI


# What is learned, how strongly it is held, and what a message says about it; None: nothing. An admin's classification
# and the border between an advertisement and a fraud are matters of taste: those are held more.
_CLASSES: tuple[tuple[str, float, Callable[[Message], bool | None]], ...] = (
    ("unwanted", 1.0, _unwanted),
    ("fraud", 5.0, _fraud),
    ("question", 5.0, _question),
)
