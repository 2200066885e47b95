"""An act that a person has begun, and the page that shows it again until it can be sent."""

from dataclasses import dataclass, replace
from typing import Protocol

from fastapi import Request
from starlette.responses import Response

from accounts.permissions import Actor
from desk.acts.answers import CaseProgressView
from desk.pages.case.act_pictures import ChosenPictures
from desk.pages.case.preview import Preview
from desk.pages.case.recommendation_part import RecommendationDraft
from messages.replies.reply_texts import AttachedFiles
from messages.shapes import AnswerReaders, Verdict
from pages.translation.message import Message

NO_PICTURES = ChosenPictures()


@dataclass(frozen=True, slots=True)
class ActDraft:
    """An act that a person has begun. `fault` says what is missing, `preview` what the sender will get.

    `pictures` are those that came with the form, now or before.
    """

    verdict: Verdict | None = None
    text: str = ""
    suggested_agency: str = ""
    continue_at: str = ""
    fault: Message | None = None
    preview: Preview | None = None
    pictures: ChosenPictures = NO_PICTURES
    readers: AnswerReaders = ""
    extension_days: int = 0


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """An internal note that a person has begun. `fault` says why it is not stored."""

    text: str = ""
    fault: Message | None = None


@dataclass(frozen=True, slots=True)
class UnitDraft:
    """A step to a unit that a person has begun. `fault` says why it is not done. `is_return`: the case goes back."""

    unit: str = ""
    why: str = ""
    day: str = ""
    is_return: bool = False
    fault: Message | None = None


@dataclass(frozen=True, slots=True)
class DivisionDraft:
    """A division that a person has begun. `fault` says why it is not sent."""

    words: str = ""
    agency: str = ""
    fault: Message | None = None


@dataclass(frozen=True, slots=True)
class ContributionDraft:
    """A question to a unit that a person has begun, or with `contribution_id` the contribution to one.

    `fault` says why it is not done.
    """

    unit: str = ""
    day: str = ""
    contribution_id: str = ""
    text: str = ""
    fault: Message | None = None

    def with_fault(self, fault: Message) -> "ContributionDraft":
        """Return the draft with why it is not done."""
        return replace(self, fault=fault)


class CaseRenderer(Protocol):
    """Methods of `CasePage` that the forms call."""

    def render(
        self,
        request: Request,
        actor: Actor,
        view: CaseProgressView,
        draft: ActDraft = ...,
        note: NoteDraft = ...,
        *,
        institution_words: str = ...,
        suggestion_fault: Message | None = ...,
        recommendation: RecommendationDraft = ...,
        unit_draft: UnitDraft = ...,
        division: DivisionDraft = ...,
        contribution: ContributionDraft = ...,
    ) -> Response:
        """Return the page of the case with what a person has begun, or with why a suggestion was not decided.

        `institution_words` are words of the name of an institution.
        """

    def preview(
        self,
        view: CaseProgressView,
        verdict: Verdict,
        text: str,
        *,
        files: AttachedFiles = ...,
        readers: AnswerReaders = ...,
        extension_days: int = ...,
    ) -> Preview:
        """Return the preview of an act."""

    def question_room(self, view: CaseProgressView, verdict: Verdict, text: str) -> int | None:
        """Return the room that a question leaves in its SMS; `None` without a limit."""
