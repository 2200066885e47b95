"""One `satupintu run` at a time uses a data folder."""

from contextlib import suppress
from pathlib import Path

from app.assembly.processes.address_file import watched_addresses
from bus.errors import Retry
from tests.support.service import RunningService


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    """It ends with 78 and names the folder. The first goes on, and commands still find its processes."""
    first, second = RunningService(tmp_path), RunningService(tmp_path)
    second.log = tmp_path / "second.log"
    try:
        first.start()
        addresses = watched_addresses(first.parts.settings)
        with suppress(Retry):
            second.start()
        assert second.wait() == [78]
        assert str(tmp_path) in second.log.read_text()
        assert watched_addresses(first.parts.settings) == addresses
        first.kill()
        first.start()
        assert first.stop() == [0]
    finally:
        second.close()
        first.close()
