"""The table `escalation.csv`: the shipped rules, and an error for each fault."""

from pathlib import Path

import pytest

from config.reference.escalation import load_escalation
from config.reference.table_reader import TableError

_HEADER = "clock,when,who,ways\n"


def test_the_shipped_rules_go_upwards() -> None:
    """The officer first, then the heads of unit and coordinators, the institution's head, and overseers."""
    table = load_escalation()
    moments = ("near", "passed", "twice", "three_times")
    for clock in ("first_answer", "resolve"):
        assert [list(table.hearers(clock, moment)) for moment in moments] == [
            ["officer"],
            ["officer", "unit_head", "coordinator"],
            ["head"],
            ["coordinator", "overseer"],
        ]
    assert [list(table.hearers("unit", moment)) for moment in moments] == [["officer", "unit_head"]] * 2 + [[], []]
    assert table.hearers("first_answer", "near") == {"officer": {"desk", "mail", "webhook"}}
    assert table.hearers("first_answer", "three_times")["overseer"] == {"mail"}
    assert table.hearers("objection", "near") == {}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("antwort,near,officer,mail", "line 2: clock is 'antwort'; write one of verify, first_answer"),
        (
            "resolve,soon,officer,mail",
            "line 2: when is 'soon'; write one of passed_on, near, passed, twice",
        ),
        ("resolve,near,sekda,mail", "line 2: who is 'sekda'; write one of officer, unit_head, coordinator, head"),
        ("resolve,near,officer,", "line 2: ways is empty; write some of desk, mail, webhook"),
        ("resolve,near,officer,mail|sms", "line 2: ways names 'sms'; write some of desk, mail, webhook"),
        ("unit,twice,officer,mail", "line 2: the deadline of a unit has no moment twice; write one of passed_on, near"),
        ("resolve,passed_on,officer,mail", "line 2: passed_on is a moment of unit alone; write another when"),
        ("unit,passed,overseer,mail", "line 2: the deadline of a unit stays inside its institution"),
        ("resolve,passed,overseer,mail|webhook", "line 2: an overseer has neither the desk nor webhooks"),
        ("resolve,near,officer,mail\nresolve,near,officer,desk", "line 3: resolve, near, officer stands on line 2"),
        ("resolve,near,officer", "line 2 has not as many cells"),
    ],
)
def test_a_fault_is_told_with_line_and_remedy(tmp_path: Path, rows: str, fault: str) -> None:
    """The service does not start with such a table."""
    path = tmp_path / "escalation.csv"
    path.write_text(f"{_HEADER}{rows}\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"escalation\.csv: ") as error:
        load_escalation(path)
    assert fault in str(error.value)


def test_rows_of_an_operator_replace_all_others(tmp_path: Path) -> None:
    """A table without rows tells nobody anything. Spaces do not count."""
    path = tmp_path / "escalation.csv"
    path.write_text(f"{_HEADER} resolve , near , head , mail | desk \n", encoding="utf-8")
    table = load_escalation(path)
    assert table.hearers("resolve", "near") == {"head": {"mail", "desk"}}
    assert table.hearers("resolve", "passed") == {}
    path.write_text(_HEADER, encoding="utf-8")
    assert load_escalation(path).rules == ()
