"""The listener that every test here has: what would be seen in the service's log is seen by it, and fails the test."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from tests.conftest import NOW
from tests.ingest.people import EMAIL, NAME, PHONE, PRIVATE
from tests.support.log_capture import listening
from tests.support.paths import ROOT


def _of_ours() -> None:
    structlog.get_logger().info("door.refused", reason=PHONE)


def _bound() -> None:
    structlog.get_logger().bind(who=NAME).warning("door.publish_failed")


def _of_a_library() -> None:
    logging.getLogger("uvicorn.error").warning("sent by %s", EMAIL)


def _beside_an_exception() -> None:
    logging.getLogger("asyncio").error("failed with %s", EMAIL, exc_info=ValueError(PHONE), extra={"who": NAME})


@pytest.mark.parametrize(
    ("leak", "found"),
    [
        (_of_ours, [PHONE, PHONE.removeprefix("+62")]),
        (_bound, [NAME]),
        (_of_a_library, [EMAIL]),
        (_beside_an_exception, [EMAIL]),
    ],
)
def test_a_leak_is_heard(leak: Callable[[], None], found: list[str]) -> None:
    """Whoever logs it: an event of ours, its context, a library's line, a line with an exception."""
    with listening() as heard:
        leak()
    assert heard.telling(PRIVATE) == found


def test_what_the_service_would_not_write_is_no_leak() -> None:
    """An exception is logged as its kind and its place; its words, which may quote a citizen, are not."""
    with listening() as heard:
        _beside_an_exception()
        structlog.get_logger().error("stage.unexpected", exc_info=ValueError(PHONE))
    said = heard.stream.getvalue()
    assert said.count("ValueError") == 2
    assert PHONE not in said
    assert NAME not in said


def test_events_are_told_as_they_were_logged() -> None:
    """With their level and their fields; what is logged afterwards is not heard."""
    with listening() as heard:
        structlog.get_logger().info("a", number=1, at=NOW)
        structlog.get_logger().debug("not in the service's log")
    structlog.get_logger().info("afterwards")

    assert heard.lines == [{"event": "a", "number": 1, "at": NOW, "log_level": "info"}]
    assert "afterwards" not in heard.stream.getvalue()


_PLANTED = """
import logging
import structlog
from tests.ingest.conftest import logged
from tests.ingest.people import NAME, PHONE

def test_event():
    structlog.get_logger().info("x", who=PHONE)

def test_library():
    logging.getLogger("x").warning(NAME)

def test_nothing():
    structlog.get_logger().info("x", who="nobody")
"""


def test_a_planted_leak_fails_its_test(tmp_path: Path) -> None:
    """The fixture itself, in a run of its own: two tests that leak end with an error, the third does not."""
    (tmp_path / "test_planted.py").write_text(_PLANTED)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider", "-c", os.devnull]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command.append(str(tmp_path))
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert "3 passed, 2 errors" in done.stdout, done.stdout + done.stderr
