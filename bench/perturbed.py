"""The same report as other people write it: in slang, in capitals, without vowels, cut for an SMS, a place misspelt.

`python -m bench.perturbed` says by how much the router's accuracy falls for each, on the real reports of
`tests/data/routing/heldout.csv` and on the examples of the table of competence. Seeded: every run changes the same.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from bench.reports import judged
from config.reference.folder import SHIPPED
from config.reference.slang import load_slang
from language.model import load_language_model
from language.places.gazetteer import Gazetteer
from language.tokens import Tokens
from messages.shapes import Report
from messages.topics import TRIAGE
from router.decide import decide
from router.rules import Rules
from router.rules_loading import load_rules

_WORD = re.compile(r"[^\W\d_]+")
_SMS = 160
_SHORTEST = 5
_KEPT = 2 / 3
_VOWELS = str.maketrans("", "", "aeiouAEIOU")

Change = Callable[[str, random.Random], str]


def changes(gazetteer: Gazetteer) -> Mapping[str, Change]:
    """What is done to a text, by name."""
    informal: dict[str, list[str]] = defaultdict(list)
    for short, formal in load_slang().items():
        informal[formal].append(short)
    return {
        "slang": partial(_slang, informal),
        "capitals": lambda text, _: text.upper(),
        "no-vowels": _no_vowels,
        "cut-at-160": lambda text, _: text[:_SMS],
        "place-misspelt": partial(_misspelt, gazetteer),
    }


def changed(report: Report, change: Change, seed: str) -> Report:
    """A report with its title and text changed; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - which words is no secret
    title, text = (change(words, rng) for words in (report.title, report.text))
    return report.model_copy(update={"title": title[:200], "text": text or "-"})


def _slang(informal: Mapping[str, Sequence[str]], text: str, rng: random.Random) -> str:
    """Every word in a short form that is written for it."""
    return _WORD.sub(lambda word: rng.choice(informal.get(word[0].lower(), [word[0]])), text)


def _no_vowels(text: str, rng: random.Random) -> str:
    """A third of the longer words in small letters without their vowels but for a first one, as on old phones."""

    def shorter(match: re.Match[str]) -> str:
        word = match[0]
        if len(word) < _SHORTEST or not word.islower() or rng.random() < _KEPT:
            return word
        return word[0] + word[1:].translate(_VOWELS)

    return _WORD.sub(shorter, text)


def _misspelt(gazetteer: Gazetteer, text: str, rng: random.Random) -> str:
    """In each place that is named the longest word with a letter left out, doubled or swapped with the next."""
    tokens = Tokens(text)
    for mention in reversed(gazetteer.find(tokens)):
        at = max(range(mention.first, mention.end), key=lambda one: len(tokens.words[one]))
        if len(word := tokens.written(at)) >= _SHORTEST:
            text = text[: tokens.starts[at]] + _typo(word, rng) + text[tokens.ends[at] :]
    return text


def _typo(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    return word[:at] + (word[at] + word[at] if kind == 1 else word[at + 1] + word[at]) + word[at + kind :]


def accuracy(rules: Rules, reports: Iterable[tuple[Report, frozenset[str]]]) -> float:
    """The share whose door is one of those given."""
    right = [decide(report, rules).agency in doors for report, doors in reports]
    return round(sum(right) / len(right), 3)


def figures(rules: Rules, reports: Sequence[tuple[Report, frozenset[str]]], gazetteer: Gazetteer) -> dict[str, float]:
    """Accuracy as it is, and with each change."""
    found = {"as-written": accuracy(rules, reports)}
    for name, change in changes(gazetteer).items():
        other = [(changed(report, change, f"{name}-{number}"), doors) for number, (report, doors) in enumerate(reports)]
        found[name] = accuracy(rules, other)
    return found


def examples(rules: Rules) -> list[tuple[Report, frozenset[str]]]:
    """The examples of the table of competence, with where they go as they are written."""
    reports = [Report(text=row.example) for row in rules.competence.rows]
    return [(report, frozenset({decide(report, rules).agency})) for report in reports]


if __name__ == "__main__":
    made = load_rules(SHIPPED, load_language_model())
    gazetteer = made.language.gazetteer
    real = [(one.report(), one.right) for one in judged("heldout") if one.institution != TRIAGE]
    found = {name: figures(made, some, gazetteer) for name, some in (("real", real), ("examples", examples(made)))}
    print(json.dumps(found, indent=2))  # noqa: T201
