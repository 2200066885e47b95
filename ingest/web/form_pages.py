"""Renders the form: to be filled in, with its errors, and as the recap of what will be sent."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from jinja2 import Environment
from starlette.responses import Response

from config.reference.regions import Regions
from ingest.web.form_state import FormState
from ingest.web.form_token import FormFile, FormTokens
from ingest.web.recap import hidden_fields, recap_lines
from pages.files.cleaning import MAX_FILE_BYTES
from pages.files.multipart import MAX_FILES, MAX_FILES_BYTES
from pages.refusals import Refused
from pages.refused import refusable_page

# Reason of a refusal that consists of its field errors alone.
INVALID_FIELDS = "invalid_submission"
# Fields with words that the agency reads, also of an anonymous report.
_READ_FIELDS = ("text", "title", "address")


@dataclass(slots=True)
class SubmittedForm:
    """Values of a form, and the refusal to show with them. `suspicion` is the reason why a press is required."""

    state: FormState
    form_id: str
    token: str
    files: Sequence[FormFile] = ()
    suspicion: str = ""
    refused: Refused | None = None


class FormPages:
    """Renders forms. `contacts`: ways by which the service can write to the sender, `sms` and `email`.

    `has_number` finds a phone number or an identity number in a text.
    """

    def __init__(
        self,
        templates: Environment,
        tokens: FormTokens,
        regions: Regions,
        contacts: Collection[str],
        has_number: Callable[[str], bool],
    ) -> None:
        self._templates = templates
        self._tokens = tokens
        self._regions = regions
        self._contacts = contacts
        self._has_number = has_number

    def form(self, form: SubmittedForm) -> Response:
        """Return the page with all fields and, if the form was refused, with the errors."""
        context: dict[str, object] = {
            **form.state.region_lists(self._regions),
            "values": form.state.values,
            "step": form.state.step,
            "is_new": form.refused is None and not form.state.step,
            "spot": form.state.photo_coordinates(form.files),
            "limits": {"files": MAX_FILES, "file": MAX_FILE_BYTES, "all": MAX_FILES_BYTES},
            "contacts": self._contacts,
        }
        return self._response("form.html", form, context)

    def recap(self, form: SubmittedForm) -> Response:
        """Return the page that shows what will be sent, with a button that sends it and one that leads back."""
        context: dict[str, object] = {
            "lines": recap_lines(form.state, form.files, self._regions),
            "fields": hidden_fields(form.state),
            "has_number": any(self._has_number(form.state.values.get(name, "")) for name in _READ_FIELDS),
            "is_secret": "rahasia" in form.state.values,
        }
        return self._response("recap.html", form, context)

    def refusal(self, form: SubmittedForm) -> Response:
        """Return the page on which a refused form can be corrected, or sent again where nothing has to be corrected."""
        needs_correction = form.refused is not None and (form.refused.field_errors or is_cut(form.refused))
        return self.form(form) if needs_correction else self.recap(form)

    def _response(self, template: str, form: SubmittedForm, context: dict[str, object]) -> Response:
        refused = form.refused
        context |= {
            "form_id": form.form_id,
            "token": form.token,
            "kept": [(self._tokens.seal(form.form_id, file), file) for file in form.files],
            "errors": messages_by_field(refused),
            "is_cut": is_cut(refused),
            "message": refused.message if refused and refused.reason != INVALID_FIELDS else "",
        }
        # Each form has its own id, and a shared cache would give one form to many people. A browser may store the
        # empty form: with `no-store` it would also lose what was typed when its owner comes back from a 503 page.
        headers = {} if form.state.values else {"Cache-Control": "private, no-cache"}
        return refusable_page(self._templates, template, context, refused, headers)


def is_cut(refused: Refused | None) -> bool:
    """Return True if not all of the form was read."""
    return refused is not None and refused.reason in {"too_large", "broken_off"}


def combine(refusals: Sequence[Refused]) -> Refused:
    """Return one refusal with all field errors.

    It is the first refusal that the sender can solve by waiting or by sending less, otherwise the general one.
    """
    field_errors = tuple(error for refused in refusals for error in refused.field_errors)
    general = next((refused for refused in refusals if refused.retry_after or not refused.field_errors), None)
    if general is None:
        return Refused(INVALID_FIELDS, field_errors)
    general.field_errors = field_errors
    return general


def messages_by_field(refused: Refused | None) -> dict[str, list[str]]:
    """Return the messages of a refusal by the field that they are about."""
    messages: dict[str, list[str]] = defaultdict(list)
    for error in refused.field_errors if refused else ():
        messages[error.field].append(error.detail)
    return messages
