"""Roles, acts and the one table of what each role may do. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import NamedTuple
from uuid import UUID

# Code of the queue of cases without an agency. Persons of the triage role work there as officers do at an agency.
TRIAGE_AGENCY = "triage"


@unique
class Role(StrEnum):
    """Role of a person. Each account has exactly one."""

    # Liaison officer (pejabat penghubung) of one institution.
    OFFICER = "officer"
    # Officer who also invites and revokes the officers of the institution.
    COORDINATOR = "coordinator"
    # Head (pimpinan) of an institution, such as the Sekda, or of a unit. Reads cases and figures, answers none.
    HEAD = "head"
    # Staff of the service who find the competent agency for undecided cases.
    TRIAGE = "triage"
    # Operations staff of the service.
    OPERATOR = "operator"
    # KemenPANRB, KSP or the Ombudsman: reads figures, and with a reason single cases of every institution.
    OVERSEER = "overseer"
    # Reads the audit log.
    AUDITOR = "auditor"
    # Manages accounts. Reads no case.
    ADMINISTRATOR = "administrator"


@unique
class Act(StrEnum):
    """Act of a person that needs a right."""

    VIEW_CASE = "view_case"
    VIEW_PICTURE = "view_picture"
    VIEW_IDENTITY = "view_identity"
    SEARCH = "search"
    EXPORT = "export"
    NOTE = "note"
    ACCEPT = "accept"
    REFUSE = "refuse"
    ASK = "ask"
    EXTEND = "extend"
    RESPOND = "respond"
    CLOSE = "close"
    ASSIGN_UNIT = "assign_unit"
    ANSWER_MANY = "answer_many"
    EDIT_TEMPLATES = "edit_templates"
    MANAGE_OFFICERS = "manage_officers"
    MANAGE_KEYS = "manage_keys"
    MANAGE_WEBHOOKS = "manage_webhooks"
    # Make the tree of an institution's units.
    MANAGE_UNITS = "manage_units"
    # Confirm or deny that a case is the same as an earlier one, if the agency has both.
    DECIDE_DUPLICATE = "decide_duplicate"
    # Make words of a report a part of it, with an agency of its own.
    DIVIDE = "divide"
    DECIDE_TRIAGE = "decide_triage"
    # Merge and split.
    CORRECT_RELATION = "correct_relation"
    VIEW_QUARANTINE = "view_quarantine"
    DECIDE_QUARANTINE = "decide_quarantine"
    VIEW_DEAD_LETTERS = "view_dead_letters"
    REDRIVE = "redrive"
    DROP = "drop"
    # Read an unmasked sample, with a reason.
    REVEAL = "reveal"
    TRACE = "trace"
    VIEW_AUDIT_LOG = "view_audit_log"
    MANAGE_ACCOUNTS = "manage_accounts"
    VIEW_OVERSIGHT = "view_oversight"
    # Read one case of any institution with its history, for a recorded reason and a limited time.
    READ_CASE_WITH_REASON = "read_case_with_reason"
    # Write a recommendation about a case, which its institution must answer.
    RECOMMEND = "recommend"
    ANSWER_RECOMMENDATION = "answer_recommendation"
    # Let everybody read a report in the public view, or take it back.
    RELEASE_TO_PUBLIC = "release_to_public"
    # Enter a report for a citizen who came to the counter, called or wrote a letter.
    ENTER_REPORT = "enter_report"
    # Read of which deadlines of cases the person was told.
    VIEW_DEADLINES = "view_deadlines"
    # Read the figures of the own institution, or of the own unit.
    VIEW_OWN_FIGURES = "view_own_figures"


@dataclass(frozen=True, slots=True)
class Actor:
    """Person who is signed in. `agency` is the code of the institution; empty for a role with no institution.

    `unit` is the code of the unit of an officer or a head; empty for who sees the whole institution. `body` is that of
    an overseer: it chooses what the figures open with, and gives no right.
    """

    account_id: UUID
    name: str
    role: Role
    agency: str = ""
    unit: str = ""
    body: str = ""

    @classmethod
    def of_account(cls, account_id: UUID, name: str, role: Role, agency: str, unit: str) -> "Actor":
        """Return the person of an account. The institution of an overseer is the body: no desk opens for it."""
        if role is Role.OVERSEER:
            return cls(account_id, name, role, body=agency)
        return cls(account_id, name, role, agency, unit)

    def sees(self, act: str) -> bool:
        """Return True if the person may do this act at the own agency or nationally. See `pages.frame.Person`."""
        return may(self, Act(act), self.agency)


class Rights(NamedTuple):
    """Acts of a role. `own`: only for the agency of the person. `national`: for every agency, and for none."""

    own: frozenset[Act]
    national: frozenset[Act] = frozenset()


_OFFICER_ACTS = frozenset(
    {
        Act.VIEW_CASE,
        Act.VIEW_PICTURE,
        Act.VIEW_IDENTITY,
        Act.SEARCH,
        Act.EXPORT,
        Act.NOTE,
        Act.ACCEPT,
        Act.REFUSE,
        Act.ASK,
        Act.EXTEND,
        Act.RESPOND,
        Act.CLOSE,
        Act.ASSIGN_UNIT,
        Act.ANSWER_MANY,
        Act.EDIT_TEMPLATES,
        Act.DECIDE_DUPLICATE,
        Act.DIVIDE,
        Act.ANSWER_RECOMMENDATION,
        Act.ENTER_REPORT,
        Act.VIEW_DEADLINES,
    }
)
_AGENCY_MANAGEMENT = frozenset({Act.MANAGE_OFFICERS, Act.MANAGE_KEYS, Act.MANAGE_WEBHOOKS, Act.MANAGE_UNITS})
_REVIEW_ACTS = frozenset(
    {
        Act.VIEW_QUARANTINE,
        Act.DECIDE_QUARANTINE,
        Act.VIEW_DEAD_LETTERS,
        Act.REDRIVE,
        Act.DROP,
        Act.REVEAL,
        Act.TRACE,
        Act.CORRECT_RELATION,
    }
)
_NOTHING: frozenset[Act] = frozenset()

# Managing persons and reading cases are separate: the administrator creates accounts and reads no case.
RIGHTS: Mapping[Role, Rights] = {
    # Nothing that triage has is public.
    Role.OFFICER: Rights(own=_OFFICER_ACTS | {Act.RELEASE_TO_PUBLIC}),
    Role.COORDINATOR: Rights(own=_OFFICER_ACTS | {Act.RELEASE_TO_PUBLIC, Act.VIEW_OWN_FIGURES} | _AGENCY_MANAGEMENT),
    # A head reads and prints what officers read, except who complained: nothing that a head does needs it.
    Role.HEAD: Rights(
        own=frozenset(
            {Act.VIEW_CASE, Act.VIEW_PICTURE, Act.SEARCH, Act.EXPORT, Act.VIEW_OWN_FIGURES, Act.VIEW_DEADLINES}
        )
    ),
    # Triage decides on its own page, accepts nothing and owes no answer in time. A merge or split at triage may concern
    # a report that another agency has.
    Role.TRIAGE: Rights(
        own=_OFFICER_ACTS - {Act.ACCEPT, Act.EXTEND, Act.VIEW_DEADLINES} | {Act.DECIDE_TRIAGE},
        national=frozenset({Act.CORRECT_RELATION, Act.TRACE}),
    ),
    Role.OPERATOR: Rights(own=_NOTHING, national=_REVIEW_ACTS),
    # No right to the pages of officers, triage and staff: none of them asks for a reason.
    Role.OVERSEER: Rights(
        own=_NOTHING, national=frozenset({Act.VIEW_OVERSIGHT, Act.READ_CASE_WITH_REASON, Act.RECOMMEND})
    ),
    Role.AUDITOR: Rights(own=_NOTHING, national=frozenset({Act.VIEW_AUDIT_LOG, Act.VIEW_OVERSIGHT})),
    Role.ADMINISTRATOR: Rights(
        own=_NOTHING, national=_AGENCY_MANAGEMENT | {Act.MANAGE_ACCOUNTS, Act.VIEW_AUDIT_LOG, Act.TRACE}
    ),
}
# The account in a label of the audit log: see `actor_label`. No name has brackets: see `check_person`.
_ACCOUNT_ID = re.compile(r" \[[0-9a-f-]{36}\]$")
_ROUND_BRACKETS = str.maketrans("[]", "()")
# Roles of persons who belong to one institution.
AGENCY_ROLES = frozenset({Role.OFFICER, Role.COORDINATOR, Role.HEAD})
# Roles of those who work on the cases of their institution.
CASE_ROLES = AGENCY_ROLES - {Role.HEAD}
# Roles that may belong to a unit of the institution.
UNIT_ROLES = AGENCY_ROLES - {Role.COORDINATOR}
# The bodies of overseers: all have the same rights. KemenPANRB leads the service (*pembina*), KSP follows the priority
# programmes, and the Ombudsman what is overdue or was handed over.
PANRB, KSP, OMBUDSMAN = "kementerian-panrb", "lembaga-ksp", "lembaga-ombudsman"
OVERSEEING_BODIES = frozenset({PANRB, KSP, OMBUDSMAN})
# Roles whose acts concern every institution: with a password alone these persons can only set up a second factor.
SECOND_FACTOR_ROLES = frozenset({Role.TRIAGE, Role.OPERATOR, Role.ADMINISTRATOR})


def actor_label(actor: Actor) -> str:
    """Return the name of an actor in the audit log: two persons may have the same name."""
    return f"{actor.name} [{actor.account_id}]"


def without_brackets(name: str) -> str:
    """Return a name that somebody typed, with round brackets for square ones: those mark the account in a label."""
    return name.translate(_ROUND_BRACKETS)


def person_name(label: str) -> str:
    """Return the name in a label of `actor_label`, without the account. A text without an account is unchanged."""
    return _ACCOUNT_ID.sub("", label)


def may(actor: Actor, act: Act, agency: str) -> bool:
    """Return True if the person may do the act.

    `agency` is the code of the agency that has the case, or "" for an act that concerns no agency. An own right never
    holds without an agency.
    """
    rights = RIGHTS[actor.role]
    if act in rights.national:
        return True
    return act in rights.own and agency != "" and agency == actor.agency


def role_fits_agency(role: Role, agency: str) -> bool:
    """Return True if an account of this role may have this agency.

    An officer, a coordinator and a head have an institution, the triage role has `triage`, an overseer may have one of
    the bodies that oversee, all other roles have none.
    """
    if role in AGENCY_ROLES:
        return agency not in {"", TRIAGE_AGENCY}
    if role is Role.OVERSEER:
        return agency in {"", *OVERSEEING_BODIES}
    return agency == (TRIAGE_AGENCY if role is Role.TRIAGE else "")
