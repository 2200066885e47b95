"""Measures the classification of messages, and learns its weights.

`python -m bench.classification [FOLDER]` measures by cross-validation over the real messages below FOLDER (else that of
`bench.shared_data`): weights are learned on four parts, the fifth is classified, near copies are in one part. It prints
one JSON object: for each source the number of messages set aside and the reasons, in percent with the bounds of Clopper
and Pearson (95 %); the kinds given by an admin and by the classifier; the shares of invented posts about the service;
the sums of reports nearest to the threshold; processor time per message (µs).

`python -m bench.classification train [FOLDER]` learns from all messages and rewrites the weights in
`config/data/kinds.csv`.
"""

import csv
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.corpus import SOURCES, UNWANTED, Message, fold_of, load_messages
from bench.learning import learn_weights, write_rows
from bench.shared_data import SHARED_DATA
from config.reference.classification_phrases import CLASSIFICATION_PHRASES, load_classification_rows
from config.reference.folder import SHIPPED_FOLDER
from messages.shapes import Channel, Kind
from normalize.classification.classifier import Classification, Classifier
from tests.support.paths import DATA
from tests.support.stages import make_classifier

_FOLDS = 5
# Words of a report in a very short SMS.
_FIRST_WORDS = 7
# Contact details after a text: a citizen may add them, an advertiser always does.
_CONTACT = "hub saya 080000000001"
_ALL_DETAILS = f"{_CONTACT} Rp 500.000 www.contoh.id"
_ROUNDS = 9
# The probability on each side of a 95 % interval.
_TAIL = 0.025
# Halvings of an interval: the bounds are exact to all printed digits.
_HALVINGS = 50
_NEAREST_REPORTS = 5


class HeldOut(NamedTuple):
    """A message and its classification by a classifier that has not learned from it."""

    message: Message
    classification: Classification
    classifier: Classifier


def held_out(messages: Sequence[Message], folds: int = _FOLDS) -> Iterator[HeldOut]:
    """Yield each message, classified as an SMS without a title by the weights learned from the other parts."""
    rows = load_classification_rows()
    for part in range(folds):
        classifier = make_classifier(
            learn_weights([message for message in messages if fold_of(message, folds) != part], rows)
        )
        for message in messages:
            if fold_of(message, folds) == part:
                yield HeldOut(message, classifier.classify(message.text, "", "sms"), classifier)


def main(folder: Path) -> dict[str, object]:
    """Return the measurements; see the module."""
    messages = load_messages(folder)
    held = list(held_out(messages))
    return {
        "set_aside": {source: _set_aside(_of_sources(held, {source})) for source in SOURCES},
        "unwanted_caught": _share_set_aside(_of_sources(held, UNWANTED)),
        "highest_unprotected_reports": _highest(held),
        "kinds_admin_then_judge": _kinds(held),
        "invented_about_the_service": _about_the_service(),
        "stress_on_reports": _stress(_of_sources(held, {"report"})),
        "microseconds": {source: _microseconds(messages, source) for source in SOURCES},
    }


def _set_aside(held: Sequence[HeldOut]) -> dict[str, object]:
    counts = Counter(result.classification.reason for result in held)
    groups = len({result.message.group for result in held})
    reasons = {reason: count for reason, count in counts.most_common() if reason}
    return {"groups": groups, **_share_set_aside(held), "reasons": reasons}


def _of_sources(held: Sequence[HeldOut], sources: Collection[str]) -> list[HeldOut]:
    return [result for result in held if result.message.source in sources]


def _share_set_aside(held: Sequence[HeldOut]) -> dict[str, object]:
    return _share([result.classification.reason is not None for result in held])


def _share(answers: Sequence[bool]) -> dict[str, object]:
    yes, total = sum(answers), len(answers)
    low, high = bounds(yes, total)
    return {"of": total, "yes": yes, "percent": _percent(yes / total), "bounds": [_percent(low), _percent(high)]}


def bounds(yes: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of the true share (Clopper and Pearson 1934)."""
    low = 0.0 if yes == 0 else _solve(lambda share: 1 - _probability_of_at_most(yes - 1, total, share) - _TAIL)
    high = 1.0 if yes == total else _solve(lambda share: _TAIL - _probability_of_at_most(yes, total, share))
    return low, high


def _probability_of_at_most(yes: int, total: int, share: float) -> float:
    """Return the binomial probability of at most `yes` successes; `share` is neither 0 nor 1."""
    return sum(
        math.exp(
            math.lgamma(total + 1)
            - math.lgamma(successes + 1)
            - math.lgamma(total - successes + 1)
            + successes * math.log(share)
            + (total - successes) * math.log1p(-share)
        )
        for successes in range(yes + 1)
    )


def _solve(rising: Callable[[float], float]) -> float:
    """Return the share at which a rising function is zero."""
    low, high = 1e-12, 1 - 1e-12
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return low


def _highest(held: Sequence[HeldOut]) -> list[float]:
    """Return the highest sums of reports without a protecting word: their distance from zero is the margin."""
    matches = [result.classifier.match_phrases(result.message.text) for result in _of_sources(held, {"report"})]
    sums = [round(match.sums["unwanted"], 1) for match in matches if not match.of_outcome("protects")]
    return sorted(sums, reverse=True)[:_NEAREST_REPORTS]


def _kinds(held: Sequence[HeldOut]) -> dict[str, dict[str, int]]:
    pairs = Counter((result.message.kind, result.classification.kind) for result in held)
    return {admin_kind: {kind: pairs[admin_kind, kind] for kind in Kind} for admin_kind in Kind}


def _about_the_service() -> dict[str, dict[str, object]]:
    """Return the shares set aside of invented publicity, thanks, chain messages, and complaints with their words."""
    classifier = make_classifier(load_classification_rows())
    with (DATA / "service.csv").open(encoding="utf-8", newline="") as file:
        messages = [(row["expected"], row["text"]) for row in csv.DictReader(file)]
    results: dict[str, list[bool]] = {}
    for expected, text in messages:
        results.setdefault(expected, []).append(classifier.classify(text, "", "twitter").reason is not None)
    return {expected: _share(answers) for expected, answers in results.items()}


def _stress(held: Sequence[HeldOut]) -> dict[str, dict[str, object]]:
    """Return the shares set aside of reports as short SMS and of reports with an advertiser's contact details."""

    def share(text: Callable[[Message], str], channel: Channel = "sms", *, titled: bool = False) -> dict[str, object]:
        classifications = (
            result.classifier.classify(text(result.message), result.message.title if titled else "", channel)
            for result in held
        )
        return _share([classification.reason is not None for classification in classifications])

    return {
        "first_words": share(_first_words),
        "first_words_and_phone": share(lambda message: f"{_first_words(message)} {_CONTACT}"),
        "first_words_phone_amount_link": share(lambda message: f"{_first_words(message)} {_ALL_DETAILS}"),
        "whole_phone_amount_link": share(lambda message: f"{message.text} {_ALL_DETAILS}"),
        "with_title_by_sms": share(lambda message: message.text, titled=True),
        "with_title_by_form": share(lambda message: message.text, "web", titled=True),
        "title_alone_by_x": share(lambda message: message.title, "twitter"),
    }


def _first_words(message: Message) -> str:
    return " ".join(message.text.split()[:_FIRST_WORDS])


def _microseconds(messages: Sequence[Message], source: str) -> float:
    classifier = make_classifier(load_classification_rows())
    texts = [message.text for message in messages if message.source == source]
    best = math.inf
    for _ in range(_ROUNDS):
        start = time.process_time()
        for text in texts:
            classifier.classify(text, "", "sms")
        best = min(best, time.process_time() - start)
    return round(best / len(texts) * 1e6, 1)


def _percent(share: float) -> float:
    return round(100 * share, 2)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    training = arguments[:1] == ["train"]
    shared = Path(arguments[-1]) if len(arguments) > training else SHARED_DATA
    if training:
        write_rows(
            learn_weights(load_messages(shared), load_classification_rows()), SHIPPED_FOLDER / CLASSIFICATION_PHRASES
        )
    else:
        print(json.dumps(main(shared), indent=1))  # noqa: T201 - the only output
