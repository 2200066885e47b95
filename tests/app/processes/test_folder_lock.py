"""One `satupintu run` at a time uses a data folder."""

from contextlib import suppress
from pathlib import Path

from bus.errors import Retry
from tests.support.service import RunningService


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    """It ends with 78 and names the folder. The first goes on, and commands still find its processes."""
    first, second = RunningService(tmp_path), RunningService(tmp_path)
    second.log = tmp_path / "second.log"
    try:
        first.start()
        addresses = first.parts.watched_addresses
        with suppress(Retry):
            second.start()
        assert second.wait() == [78]
        assert str(tmp_path) in second.log.read_text()
        assert first.parts.watched_addresses == addresses
        first.kill()
        first.start()
        assert first.stop() == [0]
    finally:
        second.close()
        first.close()
