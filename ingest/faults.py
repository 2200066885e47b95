"""What is wrong with a submission, field by field, in plain Indonesian."""

from pydantic import ValidationError

from ingest.arrival import Fault, Refused

_SAYS = {
    "missing": "Mohon diisi.",
    "blank": "Mohon diisi.",
    "string_too_short": "Mohon diisi.",
    "string_too_long": "Terlalu panjang: paling banyak {max_length} karakter.",
    "enum": "Pilih salah satu: {expected}.",
    "extra_forbidden": "Kolom ini tidak dikenal; periksa ejaannya.",
    "bool_parsing": "Isi dengan true atau false.",
    "float_parsing": "Isi dengan angka.",
    "greater_than_equal": "Paling kecil {ge}.",
    "less_than_equal": "Paling besar {le}.",
    "uuid_parsing": "Isi dengan UUID.",
    "json_invalid": "Bukan JSON yang benar: {error}.",
}


def faults_of(error: ValidationError) -> tuple[Fault, ...]:
    """One fault for each field at fault; never what was typed there."""
    found = []
    for fault in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in fault["loc"]) or "body"
        says = _SAYS.get(fault["type"], "Isian ini tidak dapat dibaca.").format(**fault.get("ctx", {}))
        found.append(Fault(field, says))
    return tuple(found)


def refused(error: ValidationError) -> Refused:
    """The refusal of a submission that can't be read: 400, naming each field."""
    return Refused(400, "invalid_submission", "Ada isian yang perlu diperbaiki.", faults_of(error))
