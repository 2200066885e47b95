"""Checks of the values of a person: e-mail address and name. Pure."""

from typing import Literal, TypeAlias

from accounts.account_store import normalized_email
from accounts.invitations import NewPerson

MAX_NAME_LENGTH = 100
NotPossibleReason: TypeAlias = Literal[
    "email_invalid",
    "name_invalid",
    "agency_unknown",
    "role_without_agency",
    "account_exists",
    "no_such_account",
    "no_such_invitation",
    "last_administrator",
]


class NotPossible(Exception):
    """The act cannot be done with these values. Nothing was changed or recorded."""

    def __init__(self, reason: NotPossibleReason) -> None:
        super().__init__(reason)
        self.reason: NotPossibleReason = reason


def check_person(person: NewPerson) -> None:
    """Raise `NotPossible` if the name or the e-mail address cannot be used."""
    if not person.email or normalized_email(person.email) != person.email:
        raise NotPossible("email_invalid")
    if not person.name.strip() or len(person.name) > MAX_NAME_LENGTH or not person.name.isprintable():
        raise NotPossible("name_invalid")
