"""Part of a case's page about the public view: its state, the words that everybody would read, and the two acts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accounts.permissions import Act, Actor, may
from desk.acts.answers import CaseProgressView
from desk.acts.public_release import PublicState, ReleaseActs, may_be_public
from pages.translation.message import Message
from pages.translation.message import message as _

STATES: Mapping[PublicState, Message] = {
    "shown": _("Semua orang dapat membaca laporan ini."),
    "next-day": _("Mulai besok semua orang dapat membaca laporan ini."),
    "withdrawn": _("Petugas menarik laporan ini dari laporan publik."),
    "hidden": _("Laporan ini tidak tampil untuk umum."),
}


@dataclass(frozen=True, slots=True)
class ReleasePart:
    """`words` are the masked title and text, if the person asked for them; without them nothing is released."""

    state: Message
    words: tuple[str, str] | None
    may_release: bool
    may_withhold: bool


def release_part(
    acts: ReleaseActs | None,
    actor: Actor,
    view: CaseProgressView,
    mask: Callable[[str], str],
    *,
    shows_words: bool,
) -> ReleasePart | None:
    """Return the part; `None` where there is no public view, and for a case that cannot be public."""
    if acts is None or not may_be_public(view):
        return None
    state = acts.state(view)
    may_decide = may(actor, Act.RELEASE_TO_PUBLIC, view.case.case.agency)
    may_release = may_decide and state in {"hidden", "withdrawn"}
    report = view.case.dispatch.report
    words = (mask(report.title), mask(report.text)) if may_release and shows_words else None
    return ReleasePart(STATES[state], words, may_release, may_decide and state != "withdrawn")
