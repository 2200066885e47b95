"""Checks of the values of a person: e-mail address and name. Pure."""

from typing import Literal, TypeAlias

from accounts.account_store import normalized_email
from accounts.invitations import NewPerson

MAX_NAME_LENGTH = 100
# Length of the reason of an act. Events on `oversight` and corrections have the same limit.
MAX_REASON_LENGTH = 500
# The audit log names a person `Name [account]`. A name with brackets could equal the label of another person.
_ACCOUNT_MARKS = frozenset("[]")
NotPossibleReason: TypeAlias = Literal[
    "email_invalid",
    "name_invalid",
    "agency_unknown",
    "role_without_agency",
    "account_exists",
    "no_such_account",
    "no_such_invitation",
    "last_administrator",
    "unit_unknown",
    "unit_not_for_role",
    "nobody_without_unit",
    "last_without_unit",
    "decree_invalid",
    "decree_in_future",
    "end_in_past",
    "end_too_late",
    "no_leave",
    "no_leave_for_role",
    "leave_days_missing",
    "leave_reversed",
    "leave_over",
    "stand_in_missing",
    "stand_in_self",
    "stand_in_unknown",
    "stand_in_gone",
    "stand_in_tier",
    "stand_in_away",
    "stands_in_itself",
]


class NotPossible(Exception):
    """The act cannot be done with these values. Nothing was changed.

    It stands in the audit log only if another person's act made it impossible at the same moment: an act is recorded
    before its effect, and the last check is in the transaction of the effect.
    """

    def __init__(self, reason: NotPossibleReason) -> None:
        super().__init__(reason)
        self.reason: NotPossibleReason = reason


def is_usable_reason(typed: str) -> bool:
    """Return True for a reason of one line of visible characters. White space around it does not count."""
    reason = typed.strip()
    return 0 < len(reason) <= MAX_REASON_LENGTH and reason.isprintable()


def check_person(person: NewPerson) -> None:
    """Raise `NotPossible` if the name or the e-mail address cannot be used."""
    if not person.email or normalized_email(person.email) != person.email:
        raise NotPossible("email_invalid")
    is_name = bool(person.name.strip()) and len(person.name) <= MAX_NAME_LENGTH and person.name.isprintable()
    if not is_name or _ACCOUNT_MARKS & set(person.name):
        raise NotPossible("name_invalid")
