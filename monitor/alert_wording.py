"""Words and number formats for sentences that people read on the console, in the terminal and in the log."""

_DURATION_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))

# By the constant reason in `DoorState.why`.
_DOOR_SHUT_REASONS = {
    "spool_full": "the bus is away and the spool is full",
    "database_away": "the database can't be reached",
    "not_bound": "the SMSC has not accepted the connection",
    "parts_waiting": "too many SMS parts wait for the bus",
    "reads_spent": "today's limit of posts to read from X is used up",
    "rate_limited": "X limits our requests for a time that it states",
    "http_401": "X rejects our token",
    "http_403": "X rejects our token",
    "not_kept": "posts from X could not be stored because the bus or the database is away",
}
_QUARANTINE_REASONS = {
    "bad_signature": "a wrong signature",
    "unsigned": "no signature",
}


def format_duration(seconds: float) -> str:
    """Return a duration in its largest unit, such as `33 s`, `4 min`, `2 h` or `3 d`."""
    for unit_seconds, unit in _DURATION_UNITS:
        if seconds >= unit_seconds:
            return f"{seconds / unit_seconds:.0f} {unit}"
    return f"{seconds:.0f} s"


def format_messages(count: int) -> str:
    """Return a number of messages, such as `1 message` or `1,200 messages`."""
    return "1 message" if count == 1 else f"{count:,} messages"


def format_waiting(noun: str, count: int, oldest_seconds: float, target: str) -> str:
    """Return a sentence without full stop about waiting messages or cases. `target` continues it, as in ` for x`."""
    oldest = format_duration(oldest_seconds)
    if count == 1:
        return f"1 {noun} has waited {oldest}{target}"
    return f"{count:,} {noun}s wait{target}; the oldest has waited {oldest}"


def calm_text(cases_at_triage: int) -> str:
    """Return the sentences that are shown without an active alert. Cases at triage wait for a person all the same."""
    if not cases_at_triage:
        return "No alert is active."
    waiting = "1 case waits" if cases_at_triage == 1 else f"{cases_at_triage:,} cases wait"
    return f"No alert is active. {waiting} at triage for a decision."


def door_shut_text(reason: str) -> str:
    """Return in words why a door is shut; an unknown reason is returned unchanged."""
    return _DOOR_SHUT_REASONS.get(reason, reason)


def quarantine_text(reason: str) -> str:
    """Return in words why a message is in quarantine; an unknown reason is returned unchanged."""
    return _QUARANTINE_REASONS.get(reason, reason)
