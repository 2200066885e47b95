"""Addresses with a query, those that take files, and those that several packages lead to."""

import re
from urllib.parse import urlencode

# The list of triage. Its cases are decided there and nowhere else.
TRIAGE_LIST = "/desk/triase"
# The form of the counter, a door of `ingest/` among the pages of the desk.
COUNTER = "/desk/loket"
# Page of an institution's units, and the form for a file of units on it.
UNITS = "/desk/unit"
UNITS_IMPORT = f"{UNITS}/impor"
# What units are asked, and what they wrote.
CONTRIBUTIONS = "/desk/kontribusi"

# Forms with files, and where a program sends one. They read the body themselves, within their own limits.
_FORMS_WITH_FILES = re.compile(rf"/desk/laporan/[^/]+/jawab|{COUNTER}|{UNITS_IMPORT}")
_FILES = re.compile(r"/agency/v1/cases/[^/]+/(pictures|documents)")


def takes_files(path: str, content_type: str) -> bool:
    """Return True if a request of this address and type may have files in its body."""
    is_form = content_type.casefold().startswith("multipart/form-data")
    return bool((_FORMS_WITH_FILES if is_form else _FILES).fullmatch(path))


def with_query(address: str, **values: str) -> str:
    """Return the address with the values that are not empty, in their order."""
    given = {name: value for name, value in values.items() if value}
    return f"{address}?{urlencode(given)}" if given else address
