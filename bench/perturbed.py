"""Changes reports to what other people write: slang, capitals, missing vowels, a cut SMS, a misspelt place.

`python -m bench.perturbed` measures the router's accuracy with each change, on the real reports of
`tests/data/routing/heldout.csv` and on the examples of the table of competence. The changes are seeded: every run has
the same. A number as the argument limits the reports of each kind.
"""

import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from bench.reports import judged_reports
from config.reference.folder import SHIPPED
from config.reference.slang import load_slang
from language.model import load_language_model
from language.places.gazetteer import Gazetteer
from language.tokens import Tokens
from messages.shapes import Report
from router.decide import decide
from router.rules import Rules
from router.rules_loading import load_rules

_WORD = re.compile(r"[^\W\d_]+")
_SMS_LENGTH = 160
# Shorter words keep their letters.
_MIN_LENGTH = 5
_UNCHANGED_SHARE = 2 / 3
_VOWELS = str.maketrans("", "", "aeiouAEIOU")

Change = Callable[[str, random.Random], str]


def changes(gazetteer: Gazetteer) -> Mapping[str, Change]:
    """Return the changes of a text by name."""
    informal: dict[str, list[str]] = defaultdict(list)
    for short, formal in load_slang().items():
        informal[formal].append(short)
    return {
        "slang": partial(_slang, informal),
        "capitals": lambda text, _: text.upper(),
        "no-vowels": _no_vowels,
        "cut-at-160": lambda text, _: text[:_SMS_LENGTH],
        "place-misspelt": partial(_misspelt, gazetteer),
    }


def changed(report: Report, change: Change, seed: str) -> Report:
    """Return a report with its title and text changed; equal for equal seeds."""
    rng = random.Random(seed)  # noqa: S311 - the choice of words is no secret
    title, text = (change(words, rng) for words in (report.title, report.text))
    return report.model_copy(update={"title": title[:200], "text": text or "-"})


def _slang(informal: Mapping[str, Sequence[str]], text: str, rng: random.Random) -> str:
    """Replace every word by an informal form of it."""
    return _WORD.sub(lambda word: rng.choice(informal.get(word[0].lower(), [word[0]])), text)


def _no_vowels(text: str, rng: random.Random) -> str:
    """Remove the vowels from a third of the longer words in small letters, except a first one, as on old phones."""

    def shorter(match: re.Match[str]) -> str:
        word = match[0]
        if len(word) < _MIN_LENGTH or not word.islower() or rng.random() < _UNCHANGED_SHARE:
            return word
        return word[0] + word[1:].translate(_VOWELS)

    return _WORD.sub(shorter, text)


def _misspelt(gazetteer: Gazetteer, text: str, rng: random.Random) -> str:
    """Misspell the longest word of each place name: a letter is left out, doubled or swapped with the next."""
    tokens = Tokens(text)
    for mention in reversed(gazetteer.find_regions(tokens)):
        longest = max(range(mention.first, mention.end), key=lambda position: len(tokens.words[position]))
        if len(word := tokens.written(longest)) >= _MIN_LENGTH:
            text = text[: tokens.starts[longest]] + _typo(word, rng) + text[tokens.ends[longest] :]
    return text


def _typo(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    return word[:at] + (word[at] + word[at] if kind == 1 else word[at + 1] + word[at]) + word[at + kind :]


def accuracy(rules: Rules, reports: Iterable[tuple[Report, frozenset[str]]]) -> float:
    """Return the share of reports that go to one of their agencies."""
    outcomes = [decide(report, rules).agency in agencies for report, agencies in reports]
    return round(sum(outcomes) / len(outcomes), 3)


def figures(rules: Rules, reports: Sequence[tuple[Report, frozenset[str]]], gazetteer: Gazetteer) -> dict[str, float]:
    """Return the accuracy without a change, and with each change."""
    accuracies = {"as-written": accuracy(rules, reports)}
    for name, change in changes(gazetteer).items():
        perturbed = [
            (changed(report, change, f"{name}-{number}"), agencies) for number, (report, agencies) in enumerate(reports)
        ]
        accuracies[name] = accuracy(rules, perturbed)
    return accuracies


def examples(rules: Rules, limit: int | None = None) -> list[tuple[Report, frozenset[str]]]:
    """Return the examples of the table of competence, with the agency to which each goes unchanged."""
    reports = [Report(text=row.example) for row in rules.competence.rows[:limit]]
    return [(report, frozenset({decide(report, rules).agency})) for report in reports]


if __name__ == "__main__":
    limit = int(sys.argv[1]) if sys.argv[1:] else None
    shipped_rules = load_rules(SHIPPED, load_language_model())
    gazetteer = shipped_rules.language.gazetteer
    real = [
        (report.report(), report.acceptable_agencies) for report in judged_reports("heldout") if report.is_decidable
    ][:limit]
    results = {
        name: figures(shipped_rules, reports, gazetteer)
        for name, reports in (("real", real), ("examples", examples(shipped_rules, limit)))
    }
    print(json.dumps(results, indent=2))  # noqa: T201
