"""What a case at triage taught, put into a copy of the tables."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.common import ERR, EX_USAGE, stop
from app.commands.triage import Number, opened_desk, possible, true_number
from app.operations.rule_suggestions import Suggestion, Unfit, suggest_in, suggestion
from config.reference.slang import load_slang
from language import phrase_index, tokens
from language.words import WordReader
from router.rules import load_rules


def suggest(
    number: Number,
    phrase: Annotated[str, typer.Option("--phrase", help="What tells it; no name of a person, no number.")],
    into: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="An edited copy of the tables; may be there.")],
    alias: Annotated[str, typer.Option("--alias", metavar="CODE", help="It names this institution.")] = "",
    place: Annotated[str, typer.Option("--place", metavar="CODE", help="It names this region, as in 33.74.")] = "",
    topic: Annotated[str, typer.Option("--topic", help="It is said of this topic.")] = "",
    weight: Annotated[str, typer.Option("--weight", help="With --topic: 3 settles it, 2 usually, 1 a hint.")] = "2",
) -> None:
    """Put what a case taught into a copy of the tables, for a reviewer to put in use. Nothing in use is changed."""
    tracking = true_number(number)
    wanted = _suggestion(phrase, alias, place, topic, weight)
    with opened_desk() as (parts, desk):
        said = possible(lambda: desk.words(tracking))
        try:
            row = suggest_in(into, parts.settings.agencies, wanted, _load)
        except Unfit as error:
            stop(str(error), 1)
    if not wanted.stands_in(said):
        ERR.print(f"the phrase does not stand in {tracking} as the tables would read it", highlight=False)
    print(f"{into / wanted.table}: {row}", flush=True)
    ERR.print("next, before a reviewer puts the folder in use:", highlight=False)
    for command in (f"lint {into}", f"diff {parts.settings.agencies} {into}", f"replay --with {into}"):
        ERR.print(f"  satupintu rules {command}", markup=False, highlight=False, soft_wrap=True)


def _load(folder: Path) -> None:
    load_rules(folder)


def _suggestion(phrase: str, alias: str, place: str, topic: str, weight: str) -> Suggestion:
    """In the normal form of its table."""
    if sum(map(bool, (alias, place, topic))) != 1:
        stop("say which: --alias, --place or --topic", EX_USAGE)
    try:
        if alias:
            return suggestion("alias", alias, phrase, lambda text: phrase_index.normalize_phrase(text).split())
        if place:
            return suggestion("place", place, phrase, lambda text: tokens.normalize_name(text).split())
        words = WordReader(load_slang())
        return suggestion("topic", topic, phrase, lambda text: [word.normal for word in words.of(text)], weight)
    except Unfit as error:
        stop(str(error), EX_USAGE)
