"""Translates validation errors into refusals that name each field, in plain Indonesian."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from pages.refusals import FieldError, Refused
from pages.translation.message import message as _

# Pydantic's error types, and the sentence for each.
_DETAILS = {
    "missing": _("Mohon diisi."),
    "blank": _("Mohon diisi."),
    "string_too_short": _("Mohon diisi."),
    "string_too_long": _("Terlalu panjang: paling banyak {max_length} karakter."),
    "enum": _("Pilih salah satu: {expected}."),
    "extra_forbidden": _("Kolom ini tidak dikenal; periksa ejaannya."),
    "bool_parsing": _("Isi dengan true atau false."),
    "float_parsing": _("Isi dengan angka."),
    "int_parsing": _("Isi dengan angka bulat."),
    "greater_than_equal": _("Paling kecil {ge}."),
    "less_than_equal": _("Paling besar {le}."),
    "uuid_parsing": _("Isi dengan UUID."),
    "json_invalid": _("Bukan JSON yang benar: {error}."),
}
_OTHER_DETAIL = _("Isian ini tidak dapat dibaca.")


def invalid_submission(error: ValidationError) -> Refused:
    """Return the refusal (400) of an invalid submission. It names each field and never repeats what was typed."""
    return Refused("invalid_submission", _field_errors(error.errors(include_url=False, include_input=False)))


def invalid_request(error: RequestValidationError) -> Refused:
    """Return the refusal (400) of a request that FastAPI could not validate.

    FastAPI puts the part of the request (`path`, `query`, `body`) before the field's name; that part is left out.
    """
    without_request_part = ({**details, "loc": details["loc"][1:]} for details in error.errors())
    return Refused("invalid_submission", _field_errors(without_request_part))


def _field_errors(validation_errors: Iterable[Mapping[str, Any]]) -> tuple[FieldError, ...]:
    return tuple(_field_error(details) for details in validation_errors)


def _field_error(details: Mapping[str, Any]) -> FieldError:
    field = ".".join(str(part) for part in details["loc"]) or "body"
    return FieldError(field, _DETAILS.get(details["type"], _OTHER_DETAIL).filled(**details.get("ctx", {})))
