"""Words and number formats for sentences that people read on the console, in the terminal and in the log.

The sentences are English strings. The console translates them into the language of its page.
"""

from pages.translation.message import Message, numbered
from pages.translation.message import message as _

_DURATION_UNITS = ((86_400, _("{number:.0f} d")), (3_600, _("{number:.0f} h")), (60, _("{number:.0f} min")))
_SECONDS = _("{number:.0f} s")

# By the constant reason in `DoorState.reason`.
_DOOR_SHUT_REASONS = {
    "spool_full": _("the bus is away and the spool is full"),
    "database_away": _("the database can't be reached"),
    "no_x_token": _("no token of X is set"),
    "not_bound": _("the SMSC has not accepted the connection"),
    "parts_waiting": _("too many SMS parts wait for the bus"),
    "reads_spent": _("today's limit of posts to read from X is used up"),
    "rate_limited": _("X limits our requests for a time that it states"),
    "http_401": _("X rejects our token"),
    "http_403": _("X rejects our token"),
    "not_kept": _("posts from X could not be stored because the bus or the database is away"),
}
_QUARANTINE_REASONS = {
    "bad_signature": _("a wrong signature"),
    "unsigned": _("no signature"),
}


def format_duration(seconds: float) -> Message:
    """Return a duration in its largest unit, such as `33 s`, `4 min`, `2 h` or `3 d`."""
    for unit_seconds, text in _DURATION_UNITS:
        if seconds >= unit_seconds:
            return text.filled(number=seconds / unit_seconds)
    return _SECONDS.filled(number=seconds)


def format_messages(count: int) -> Message:
    """Return a number of messages, such as `1 message` or `1,200 messages`."""
    return numbered("1 message", "{count:,} messages", count)


def calm_text(cases_at_triage: int) -> Message:
    """Return the sentences that are shown without an active alert. Cases at triage wait for a person all the same."""
    if not cases_at_triage:
        return _("No alert is active.")
    return numbered(
        "No alert is active. 1 case waits at triage for a decision.",
        "No alert is active. {count:,} cases wait at triage for a decision.",
        cases_at_triage,
    )


def door_shut_text(reason: str) -> str:
    """Return in words why a door is shut; an unknown reason is returned unchanged."""
    return _DOOR_SHUT_REASONS.get(reason, reason)


def quarantine_text(reason: str) -> str:
    """Return in words why a message is in quarantine; an unknown reason is returned unchanged."""
    return _QUARANTINE_REASONS.get(reason, reason)
