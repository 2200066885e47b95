"""Faults of Kafka and of the disk with the spool. Nothing that was accepted is lost."""

import resource

import pytest
import requests

from tests.bus.kafka.node import Node
from tests.end_to_end.game_day import NewGameDay

# The parts of this are in `test_store_and_forward` and in the tests of the spool.
pytestmark = [pytest.mark.faults, pytest.mark.expensive]

_SPOOL_BYTES = 1_000_000
# A full log is written from its start again as long as the file beside it has room.
_REFUSALS_OF_A_FULL_SPOOL = 10


def test_kafka_is_down_until_the_disk_of_the_spool_is_full(new_game_day: NewGameDay, own_node: Node) -> None:
    """The doors store messages, and the alert counts them. With a full disk they refuse, and open with room again.

    With the broker back everything that was accepted is processed.
    """
    day = new_game_day(own_node.bootstrap, rates="web=10000/minute")
    day.service.start("--threads")
    day.wait_until_quiet()
    own_node.kill()
    assert day.report().status_code == requests.codes.accepted
    day.wait_for_alert("bus-away", "The doors store new messages in their spools (1 message so far).")

    (process,) = day.service.pids
    unlimited = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (_SPOOL_BYTES, unlimited[1]))
    accepted, refusals_in_a_row = 1, 0
    while refusals_in_a_row < _REFUSALS_OF_A_FULL_SPOOL:
        is_accepted = day.report("a" * 9_900).status_code == requests.codes.accepted
        accepted, refusals_in_a_row = accepted + is_accepted, 0 if is_accepted else refusals_in_a_row + 1
    day.wait_for_alert("door-shut", "the bus is away and the spool is full")
    resource.prlimit(process, resource.RLIMIT_FSIZE, unlimited)
    day.wait_until_cleared("door-shut")

    own_node.start()
    day.wait_until_cleared("bus-away")
    audit = day.service.audit()
    assert (audit.clean, audit.accepted, audit.pending) == (True, accepted, 0)
