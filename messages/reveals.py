"""Reveals: an act that shows unmasked data of a citizen to one person for a limited time. Pure.

The audit log has one row for each reveal, before anything is shown. The subject of the row states which data of which
case, the role of the person, and until when. Only the pages and commands in `docs/operations.md` reveal anything.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

# A page masks the data again after this time. A terminal cannot: there the limit is the moment of the reveal.
REVEAL_LIMIT: Final = timedelta(minutes=10)
# Role of a person at the command line, who does not sign in.
COMMAND_ROLE: Final = "command"
# Kind of the data that an action of the audit log shows.
REVEALING_ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "desk.identity": "identity",
        "desk.print_whole": "report",
        "ombudsman.export": "identity",
        "quarantine.reveal": "message",
        "dead_letters.reveal": "record",
        "oversight.read_case": "case",
    }
)
_SUBJECT = re.compile(r"(?P<case>\S+) role (?P<role>\S+) until (?P<until>\S+)")


class RevealSubject(NamedTuple):
    """The case, the role of the person, and the end. A subject of another form is the case alone."""

    case: str
    role: str
    until: str


def reveal_end(role: str, at: datetime) -> datetime:
    """Return the time after which the data are masked again."""
    return at if role == COMMAND_ROLE else at + REVEAL_LIMIT


def reveal_subject(case: str, role: str, until: str) -> str:
    """Return the subject of the row in the audit log. `case` is an id, `until` a time in RFC 3339."""
    return f"{case} role {role} until {until}"


def read_reveal_subject(subject: str) -> RevealSubject:
    """Return the parts of a subject of `reveal_subject`."""
    match = _SUBJECT.fullmatch(subject)
    return RevealSubject(match["case"], match["role"], match["until"]) if match else RevealSubject(subject, "", "")


def refresh_header(masked_address: str) -> Mapping[str, str]:
    """Return the header by which a browser replaces the page with the masked one, without a script."""
    return {"Refresh": f"{int(REVEAL_LIMIT.total_seconds())}; url={masked_address}"}
