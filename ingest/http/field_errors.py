"""What is wrong with a submission, field by field, in plain Indonesian."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ingest.arrival import FieldError, Refused

_SAYS = {
    "missing": "Mohon diisi.",
    "blank": "Mohon diisi.",
    "string_too_short": "Mohon diisi.",
    "string_too_long": "Terlalu panjang: paling banyak {max_length} karakter.",
    "enum": "Pilih salah satu: {expected}.",
    "extra_forbidden": "Kolom ini tidak dikenal; periksa ejaannya.",
    "bool_parsing": "Isi dengan true atau false.",
    "float_parsing": "Isi dengan angka.",
    "int_parsing": "Isi dengan angka bulat.",
    "greater_than_equal": "Paling kecil {ge}.",
    "less_than_equal": "Paling besar {le}.",
    "uuid_parsing": "Isi dengan UUID.",
    "json_invalid": "Bukan JSON yang benar: {error}.",
}


def field_errors_of(error: ValidationError) -> tuple[FieldError, ...]:
    """One fault for each field at fault; never what was typed there."""
    return _faults(error.errors(include_url=False, include_input=False))


def _faults(errors: Iterable[Mapping[str, Any]]) -> tuple[FieldError, ...]:
    found = []
    for fault in errors:
        field = ".".join(str(part) for part in fault["loc"]) or "body"
        says = _SAYS.get(fault["type"], "Isian ini tidak dapat dibaca.").format(**fault.get("ctx", {}))
        found.append(FieldError(field, says))
    return tuple(found)


def invalid_submission(error: ValidationError) -> Refused:
    """The refusal of a submission that can't be read: 400, naming each field."""
    return Refused("invalid_submission", field_errors_of(error))


def invalid_request(error: RequestValidationError) -> Refused:
    """The same for what FastAPI itself reads of an address or a body; where it stood is left out of a field's name."""
    return Refused("invalid_submission", _faults({**fault, "loc": fault["loc"][1:]} for fault in error.errors()))
