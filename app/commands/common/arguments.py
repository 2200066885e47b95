"""Options that mean the same in every command, and checks of typed values. A wrong value ends the process."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from app.clock import system_clock
from app.commands.common.terminal import EX_USAGE, stop
from messages.tracking import read_tracking_number

Why = Annotated[str, typer.Option("--why", help="Recorded with the decision. Name no citizen.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only those with this reason.")]
Since = Annotated[
    str | None, typer.Option("--since", help="Only those since 2026-11-24, 2026-11-24T08:00+07:00, or 24h.")
]
Until = Annotated[str | None, typer.Option("--until", help="Only those before this time.")]
Ids = Annotated[list[str] | None, typer.Option("--id", help="Only this id, or ids that begin so. May be repeated.")]
Everything = Annotated[bool, typer.Option("--all", help="Choose all that are pending.")]


if TYPE_CHECKING:
    from pydantic import ValidationError

# Lengths of actor and reason in an event on `oversight`, and in a correction.
_MAX_ACTOR_LENGTH, _MAX_REASON_LENGTH = 200, 500
_TIME_AGO = re.compile(r"([0-9]{1,5})([mhd])")
_TIME_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Actor = Annotated[str, typer.Option("--actor", help="The person who decides. Recorded with the decision.")]


def require_actor_and_reason(actor: str, reason: str, option: str = "--why") -> None:
    """End the process unless both are given, each as one line."""
    missing = [name for name, text in (("--actor", actor), (option, reason)) if not text.strip()]
    if len(missing) > 1:
        stop(f"{' and '.join(missing)} are missing. They are recorded with your action.", EX_USAGE)
    if missing:
        stop(f"{missing[0]} is missing. It is recorded with your action.", EX_USAGE)
    if len(actor) > _MAX_ACTOR_LENGTH or len(reason) > _MAX_REASON_LENGTH:
        stop(f"--actor has at most {_MAX_ACTOR_LENGTH} characters, {option} at most {_MAX_REASON_LENGTH}.", EX_USAGE)
    if not (actor + reason).isprintable():
        stop(f"--actor and {option} must each be one line of visible characters.", EX_USAGE)
    if {"[", "]"} & set(actor):
        stop("--actor must not contain [ or ]: they mark the account of a person who has signed in.", EX_USAGE)


def finite(typed: float | None) -> float | None:
    """Return the number. Refuses `nan` and `inf`, which every range accepts."""
    if typed is not None and not isfinite(typed):
        raise typer.BadParameter(f"{typed} is not a finite number")
    return typed


def parse_time(typed: str, now: datetime) -> datetime:
    """Return the time of `2026-11-24`, `2026-11-24T08:00` or `24h` (ago; also `30m` and `7d`). No zone means UTC.

    Raises `ValueError` that names the accepted forms.
    """
    if ago := _TIME_AGO.fullmatch(typed.strip()):
        return now - int(ago[1]) * _TIME_UNITS[ago[2]]
    try:
        time = datetime.fromisoformat(typed.strip())
    except ValueError:
        raise ValueError(f"{typed} is not a time. Write 2026-11-24, 2026-11-24T08:00+07:00, or 24h.") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def time_argument(typed: str) -> datetime:
    """Return the typed time; see `parse_time`."""
    try:
        return parse_time(typed, system_clock().now())
    except ValueError as error:
        stop(str(error), EX_USAGE)


def optional_time(typed: str | None) -> datetime | None:
    """Return the typed time, if any."""
    return time_argument(typed) if typed else None


def tracking_number(typed: str) -> str:
    """Return the typed tracking number in its canonical form."""
    tracking = read_tracking_number(typed)
    if tracking is None:
        stop(f"{typed} is not a tracking number: its check symbol is wrong.", EX_USAGE)
    return tracking


def first_fault(error: ValidationError) -> str:
    """Return the first wrong field and its fault, without its value."""
    fault = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc']) or 'the line'}: {fault['msg']}"
