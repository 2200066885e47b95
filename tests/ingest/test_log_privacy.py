"""The log check of these tests finds every leak that the service's log would contain."""

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
from tests.support.log_capture import captured_log
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
    ("leak", "leaked_values"),
    [
        (_of_ours, [PHONE, PHONE.removeprefix("+62")]),
        (_bound, [NAME]),
        (_of_a_library, [EMAIL]),
        (_beside_an_exception, [EMAIL]),
    ],
)
def test_a_leak_is_found(leak: Callable[[], None], leaked_values: list[str]) -> None:
    """A leak is found in an event of ours, in its context, in a line of a library, and in an exception."""
    with captured_log() as capture:
        leak()
    assert capture.logged_words(PRIVATE) == leaked_values


def test_the_text_of_an_exception_is_not_logged() -> None:
    """An exception is logged with its type and its location, without its text, which may quote a citizen."""
    with captured_log() as capture:
        _beside_an_exception()
        structlog.get_logger().error("stage.unexpected", exc_info=ValueError(PHONE))
    log_text = capture.stream.getvalue()
    assert log_text.count("ValueError") == 2
    assert PHONE not in log_text
    assert NAME not in log_text


def test_events_are_captured_as_logged() -> None:
    """Events are captured with level and fields. Later events are not captured."""
    with captured_log() as capture:
        structlog.get_logger().info("a", number=1, at=NOW)
        structlog.get_logger().debug("not in the service's log")
    structlog.get_logger().info("afterwards")

    assert capture.lines == [{"event": "a", "number": 1, "at": NOW, "log_level": "info"}]
    assert "afterwards" not in capture.stream.getvalue()


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
    """In a separate run, two tests that leak end with an error and the third test does not."""
    (tmp_path / "test_planted.py").write_text(_PLANTED)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider", "-c", os.devnull]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command.append(str(tmp_path))
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert "3 passed, 2 errors" in done.stdout, done.stdout + done.stderr
