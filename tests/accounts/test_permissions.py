"""The table of rights, exhaustively, and its property: nobody acts on a case of another agency."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.permissions import (
    AGENCY_ROLES,
    RIGHTS,
    TRIAGE_AGENCY,
    Act,
    Actor,
    Role,
    may,
    role_fits_agency,
)

OWN, ANOTHER = "kota-3374", "bumn-pln"
# Each role with its rights, written down a second time: O for the own agency, N for every agency.
COLUMNS = (
    Role.OFFICER,
    Role.COORDINATOR,
    Role.HEAD,
    Role.TRIAGE,
    Role.OPERATOR,
    Role.OVERSEER,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
TABLE = """
view_case          O O O O . . . .
view_picture       O O O O . . . .
view_identity      O O . O . . . .
search             O O O O . . . .
export             O O O O . . . .
note               O O . O . . . .
accept             O O . . . . . .
refuse             O O . O . . . .
ask                O O . O . . . .
extend             O O . . . . . .
respond            O O . O . . . .
close              O O . O . . . .
assign_unit        O O . O . . . .
answer_many        O O . O . . . .
edit_templates     O O . O . . . .
manage_officers    . O . . . . . N
manage_keys        . O . . . . . N
manage_webhooks    . O . . . . . N
manage_units       . O . . . . . N
decide_duplicate   O O . O . . . .
divide             O O . O . . . .
decide_triage      . . . O . . . .
correct_relation   . . . N N . . .
view_quarantine    . . . . N . . .
decide_quarantine  . . . . N . . .
view_dead_letters  . . . . N . . .
redrive            . . . . N . . .
drop               . . . . N . . .
reveal             . . . . N . . .
trace              . . . N N . . N
view_audit_log     . . . . . . N N
manage_accounts    . . . . . . . N
view_oversight     . . . . . N N .
read_case_with_reason . . . . . N . .
recommend          . . . . . N . .
answer_recommendation O O . O . . . .
release_to_public  O O . . . . . .
enter_report       O O . O . . . .
view_own_figures   . O O . . . . .
view_deadlines     O O O . . . . .
"""
SCOPES = {
    (Act(act), role): scope
    for act, *scopes in (line.split() for line in TABLE.strip().splitlines())
    for role, scope in zip(COLUMNS, scopes, strict=True)
}


def person(role: Role, agency: str | None = None) -> Actor:
    """Return a person of a role, with the agency that such a person has."""
    usual = TRIAGE_AGENCY if role is Role.TRIAGE else OWN if role in AGENCY_ROLES else ""
    return Actor(UUID(int=1), "Sari Dewi", role, usual if agency is None else agency)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", Act)
def test_each_right(role: Role, act: Act) -> None:
    """The table above says for each act of each role whether it is possible: at home, elsewhere, without an agency."""
    actor, scope = person(role), SCOPES[act, role]
    assert may(actor, act, actor.agency) is (scope == "N" or (scope == "O" and actor.agency != ""))
    assert may(actor, act, ANOTHER) is (scope == "N")
    assert may(actor, act, "") is (scope == "N")


def test_the_tables_are_complete() -> None:
    """Both tables have every role and every act."""
    assert set(RIGHTS) == set(Role) == set(COLUMNS)
    assert {act for act, _ in SCOPES} == set(Act)


@given(st.sampled_from(Role), st.sampled_from(Act), st.text(st.characters(categories=["Ll", "Nd", "Pd"])), st.text())
def test_nobody_acts_on_a_case_of_another_agency(role: Role, act: Act, own: str, another: str) -> None:
    """Only an act with national scope reaches another agency's case, whatever the codes are."""
    actor = person(role, own)
    if another != own and may(actor, act, another):
        assert act in RIGHTS[role].national
        assert role not in AGENCY_ROLES


@given(st.sampled_from(sorted(AGENCY_ROLES)), st.sampled_from(Act))
def test_an_account_without_an_agency_may_do_nothing(role: Role, act: Act) -> None:
    """An officer whose agency is missing has no right, also not on cases without an agency."""
    assert not may(person(role, ""), act, "")


def test_agencies_of_roles() -> None:
    """Those of an institution need it, the triage role has `triage`, an overseer may have a body, all others none."""
    agencies = ("", TRIAGE_AGENCY, OWN, "lembaga-ksp")
    fitting = {(role, agency) for role in Role for agency in agencies if role_fits_agency(role, agency)}
    assert fitting == {
        (Role.OFFICER, OWN),
        (Role.COORDINATOR, OWN),
        (Role.HEAD, OWN),
        (Role.OFFICER, "lembaga-ksp"),
        (Role.COORDINATOR, "lembaga-ksp"),
        (Role.HEAD, "lembaga-ksp"),
        (Role.OVERSEER, "lembaga-ksp"),
        (Role.TRIAGE, TRIAGE_AGENCY),
        (Role.OPERATOR, ""),
        (Role.OVERSEER, ""),
        (Role.AUDITOR, ""),
        (Role.ADMINISTRATOR, ""),
    }
