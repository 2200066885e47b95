"""Decisions about codes and first e-mails: send or wait, proven or not. Pure: the time comes in as a value."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

DAY: Final = timedelta(days=1)
CODE_LIFETIME: Final = timedelta(minutes=10)
CODE_DIGITS: Final = 6
MAX_TRIES: Final = 5
# Codes to one number in a day, and the pause between two. Fifteen guesses of a million a day stay.
CODES_PER_NUMBER: Final = 3
CODE_PAUSE: Final = timedelta(minutes=1)
# First e-mails in a day to an address that confirmed an earlier one.
FIRST_MAILS_PER_ADDRESS: Final = 5
# Part of the day's first e-mails that may be sent within an hour: a burst leaves mails for the rest of the day.
HOUR: Final = timedelta(hours=1)
_HOURLY_PART: Final = 8

CodeVerdict: TypeAlias = Literal["proven", "wrong", "over"]
MailVerdict: TypeAlias = Literal["allowed", "address-limit", "day-limit", "hour-limit"]


@dataclass(frozen=True, slots=True)
class CodeHistory:
    """Codes of the last day: the times of those to one number, newest first; the count of all, and the oldest."""

    to_number: Sequence[datetime]
    in_all: int
    oldest_in_all: datetime | None


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code that was sent: its keyed digest, its time, and the wrong tries. `is_used`: it has proven the number."""

    digest: str
    made_at: datetime
    tries: int
    is_used: bool


@dataclass(frozen=True, slots=True)
class FirstMailHistory:
    """First mails: the numbers of the last day, to an address and in all, and of the last hour in all.

    `has_unconfirmed`: one to the address is ignored.
    """

    has_unconfirmed: bool
    to_address: int
    in_all: int
    in_last_hour: int


def next_code_at(history: CodeHistory, codes_per_day: int, now: datetime) -> datetime:
    """Return the time from which a code may be sent to the number; `now` if that is at once."""
    times = [now]
    if history.to_number:
        times.append(history.to_number[0] + CODE_PAUSE)
    if len(history.to_number) >= CODES_PER_NUMBER:
        times.append(history.to_number[CODES_PER_NUMBER - 1] + DAY)
    if history.in_all >= codes_per_day and history.oldest_in_all:
        times.append(history.oldest_in_all + DAY)
    return max(times)


def judge_code(sent: SentCode | None, typed_digest: str, now: datetime) -> CodeVerdict:
    """Return `over` without a code that counts: none was sent, or it is too old, used, or tried too often."""
    if sent is None or sent.is_used or sent.tries >= MAX_TRIES or now - sent.made_at > CODE_LIFETIME:
        return "over"
    return "proven" if hmac.compare_digest(typed_digest, sent.digest) else "wrong"


def judge_first_mail(history: FirstMailHistory, mails_per_day: int) -> MailVerdict:
    """Return `allowed` if an address that somebody typed gets the mail with the link that confirms it.

    An address that did not confirm gets no second one, whoever types it: nobody can make us write to strangers more
    than once.
    """
    if history.has_unconfirmed or history.to_address >= FIRST_MAILS_PER_ADDRESS:
        return "address-limit"
    if history.in_all >= mails_per_day:
        return "day-limit"
    return "allowed" if history.in_last_hour < -(-mails_per_day // _HOURLY_PART) else "hour-limit"
