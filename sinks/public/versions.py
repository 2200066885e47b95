"""Versions of a public report: which content everybody reads on which days. Pure.

A change counts from the next day on, together with all changes of its day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from cases.clocks.public_day import next_day, public_day


@dataclass(frozen=True, slots=True)
class PublicContent:
    """What everybody reads of a report, without its days. The words are masked. `pictures` are as in the table."""

    title: str
    text: str
    agency: str
    topic: str
    region: str
    state: str
    joined: int
    pictures: str = ""


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """A report that may be public: since when, its last change, and its content now."""

    since: datetime
    changed_at: datetime
    content: PublicContent


@dataclass(frozen=True, slots=True)
class Version:
    """Content from one day until another: see `sinks.public.tables.PublicReport`."""

    shown_from: date
    shown_until: date | None
    published_on: date
    changed_on: date
    content: PublicContent

    def is_shown(self, day: date) -> bool:
        """Return True if everybody reads this version on a day."""
        return self.shown_from <= day and (self.shown_until is None or day < self.shown_until)


def versions_after(
    versions: Sequence[Version], facts: PublicFacts | None, today: date, *, rebuilds: bool = False
) -> Sequence[Version]:
    """Return the versions of a report after its facts were read today. `facts` is `None` if it may not be public.

    `rebuilds`: what should not have been public goes at once, better masked words count at once, and a report without
    any version is shown from the day that follows from its facts.
    """
    tomorrow = next_day(today)
    shown = next((version for version in versions if version.is_shown(today)), None)
    if facts is None:
        is_gone = shown is None or (rebuilds and shown.shown_until is None)
        return [] if is_gone or shown is None else [replace(shown, shown_until=tomorrow)]
    content = facts.content
    if shown is None:
        is_planned = any(version.shown_from > today for version in versions)
        return [_rebuilt(facts, tomorrow) if rebuilds and not is_planned else _first(content, tomorrow)]
    if rebuilds:
        shown = replace(shown, content=replace(shown.content, title=content.title, text=content.text))
    if shown.content == content:
        return [replace(shown, shown_until=None)]
    return [replace(shown, shown_until=tomorrow), Version(tomorrow, None, shown.published_on, tomorrow, content)]


def _first(content: PublicContent, day: date) -> Version:
    return Version(day, None, day, day, content)


def _rebuilt(facts: PublicFacts, tomorrow: date) -> Version:
    """Return the version that a report would have if each fact had been read on its day."""
    published_on = min(next_day(public_day(facts.since)), tomorrow)
    changed_on = max(published_on, min(next_day(public_day(facts.changed_at)), tomorrow))
    return Version(changed_on, None, published_on, changed_on, facts.content)
