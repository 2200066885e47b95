"""The plan of the faults is drawn from the seed, and is one that can be carried out."""

from itertools import pairwise

import pytest

from tests.chaos.fault_plan import PlannedFault, plan_faults

WORKERS = [f"{stage}-{instance}" for stage in ("router", "cases", "desk") for instance in ("a", "b")]
SERVERS = ["postgresql", "broker"]
SESSION = 12.0


def plan(seed: int) -> list[PlannedFault]:
    """Return the faults of ten minutes."""
    return list(plan_faults(seed, 600.0, WORKERS, SERVERS, SESSION))


def test_the_seed_decides() -> None:
    """A run can be repeated, and another one is different."""
    assert plan(1) == plan(1) != plan(2)


@pytest.mark.parametrize("seed", range(5))
def test_ten_minutes_reach_everything(seed: int) -> None:
    """Each process and server is killed or frozen; freezes outlast the session, and some an open transaction."""
    faults = plan(seed)
    assert {fault.target for fault in faults} == {*WORKERS, *SERVERS}
    frozen = [fault.seconds for fault in faults if fault.kind != "killed"]
    assert min(frozen) > SESSION
    assert max(frozen) > 2 * SESSION
    assert {fault.kind for fault in faults} == {"killed", "frozen", "frozen in a transaction"}
    assert {fault.kind for fault in faults if fault.target in SERVERS} == {"killed", "frozen"}


@pytest.mark.parametrize("seed", range(5))
def test_no_process_has_two_faults_at_once(seed: int) -> None:
    """Each ends before the next one of the same process begins, and all before the end of the run."""
    faults = plan(seed)
    for target in (*WORKERS, *SERVERS):
        of_target = [fault for fault in faults if fault.target == target]
        assert all(former.end <= latter.at + 0.1 for former, latter in pairwise(of_target))
    assert all(fault.end <= 600.0 for fault in faults)
