"""What is sent from look to look."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.assembly.channels import DIRECTORY
from app.assembly.operations_http import pages
from monitor.active_alerts import Register
from monitor.console.feed import Feed
from monitor.console.history import STEP_SECONDS, history
from monitor.console.view_model import FULLEST, Draw
from monitor.monitor_loop import View, point
from monitor.snapshot import Snapshot
from tests.monitor.console.snapshots import Planted, dark, quiet, troubled

NOW = datetime(2026, 11, 24, 20, 12, tzinfo=UTC)
# An event is a few rows: at five seconds a look, what a telephone's slowest line carries.
MOST_BYTES = 20_000


@pytest.fixture
def planted() -> Planted:
    """Nothing was looked at yet."""
    return Planted(troubled(NOW))


@pytest.fixture
def feed(planted: Planted) -> Feed:
    """Of an epoch with a name."""
    return Feed(planted.watching, Draw(pages(), DIRECTORY), "epoch")


def said(sent: bytes) -> Any:
    """The data of one event."""
    return json.loads(sent.decode().split("data: ", 1)[1])


def view(seen: Snapshot) -> View:
    """The first look."""
    return View(1, seen, Register(DIRECTORY).stand(seen))


def test_before_the_first_look_there_is_nothing(feed: Feed) -> None:
    """Nothing is shown, and nothing follows."""
    assert feed.shown() is None
    assert feed.following(feed.id) == ("epoch-0", b"")


def test_whoever_came_before_the_first_look_loads_again(feed: Feed, planted: Planted) -> None:
    """Then there is something to see."""
    planted.watching.step()

    assert feed.following("epoch-0") == ("epoch-1", b"event: fresh\ndata:\n\n")


def test_what_follows_is_what_changed(feed: Feed, planted: Planted) -> None:
    """Rows that are the same are not sent; the newest value of each line is."""
    planted.watching.step()
    shown = feed.shown()
    assert shown
    planted.step(troubled(NOW + timedelta(seconds=5), step=1))
    newest, sent = feed.following(shown.id)
    event = said(sent)

    assert newest == "epoch-2"
    assert sent.startswith(b"id: epoch-2\n")
    assert event["facts"]["at"] == "20:12:05"
    assert [put[0] for put in event["lists"]["channels"]["put"]] == ["web", "mobile"]
    assert "letters" not in event["lists"]
    assert event["values"]["minute web"] == 411
    assert event["at"] == int(NOW.timestamp()) + 5


def test_who_has_the_newest_look_hears_nothing(feed: Feed, planted: Planted) -> None:
    """Until there is another."""
    planted.watching.step()

    assert feed.following("epoch-1") == ("epoch-1", b"")


def test_who_missed_some_looks_hears_all_of_them(feed: Feed, planted: Planted) -> None:
    """A line that broke for a moment costs nothing."""
    for step in range(4):
        planted.step(troubled(NOW + timedelta(seconds=5 * step), step=step))
        feed.shown()
    newest, sent = feed.following("epoch-2")

    assert newest == "epoch-4"
    assert [line for line in sent.decode().splitlines() if line.startswith("id:")] == ["id: epoch-3", "id: epoch-4"]


@pytest.mark.parametrize("known", ["another-2", "epoch-99", "", "<script>"])
def test_who_knows_something_else_loads_again(feed: Feed, planted: Planted, known: str) -> None:
    """A page of another process, or of long ago, can't be mended by what changed."""
    for _ in range(3):
        planted.watching.step()
        feed.shown()

    assert feed.following(known) == ("epoch-3", b"event: fresh\ndata:\n\n")


def test_what_is_remembered_is_bounded(feed: Feed, planted: Planted) -> None:
    """Five minutes of looks; whoever was away for longer loads again."""
    for _ in range(70):
        planted.watching.step()
        feed.shown()

    assert feed.following("epoch-10")[1] != b"event: fresh\ndata:\n\n"
    assert feed.following("epoch-9")[1] == b"event: fresh\ndata:\n\n"


def test_an_event_is_small(feed: Feed, planted: Planted) -> None:
    """With 700 agencies and 10,000 dead letters, and numbers that change everywhere at the top."""
    planted.step(troubled(NOW, 700))
    feed.shown()
    planted.step(troubled(NOW + timedelta(seconds=5), 700, step=1))
    _, sent = feed.following("epoch-1")

    assert len(sent) < MOST_BYTES


def test_agencies_beyond_the_fullest_are_the_rest() -> None:
    """Each is in one of the two lists, and triage in neither."""
    board = Draw(pages(), DIRECTORY)(view(troubled(NOW, 600)))

    assert [*board.lists["fullest"]] == [f"kab-{number:04}" for number in range(FULLEST)]
    assert len(board.lists["rest"]) == 600 - FULLEST
    assert board.facts["rest"] == "580"
    assert [*board.lists["triage"]] == ["triage"]


def test_what_cannot_be_seen_is_not_said_to_be_well() -> None:
    """Without bus and database the lists say so: an empty one would be taken for a good sign."""
    board = Draw(pages(), DIRECTORY)(view(dark(NOW)))

    for name in ("stages", "letters", "quarantine"):
        assert "the bus can&#39;t be reached" in board.lists[name][""]
    for name in ("triage", "fullest"):
        assert "the database can&#39;t be reached" in board.lists[name][""]
    assert {board.facts[name] for name in ("letters", "quarantine", "agencies")} == {"not known"}


def test_well_is_said() -> None:
    """Nothing needs a person, nothing was put aside, nothing waits; the page's title counts nothing."""
    board = Draw(pages(), DIRECTORY)(view(quiet(NOW)))

    assert "Nothing needs a person." in board.lists["concerns"][""]
    assert "No dead letters." in board.lists["letters"][""]
    assert "Nothing waits at any agency." in board.lists["fullest"][""]
    assert (board.facts["title"], board.facts["tally"]) == ("Satu Pintu operations", "")
    assert Draw(pages(), DIRECTORY)(view(troubled(NOW))).facts["title"] == "(12 NOW) Satu Pintu operations"


def test_names_are_text() -> None:
    """Whatever an agency, a host or a reason is called, nothing of it is markup."""
    seen = troubled(NOW, 1)
    name = "<script>alert(1)</script>"
    queue = seen.queues[1].model_copy(update={"name": name, "agency": f'"{name}'})
    process = seen.processes[0].model_copy(update={"instance": name})
    board = Draw(pages(), DIRECTORY)(view(seen.model_copy(update={"queues": (queue,), "processes": (process,)})))

    assert "<script" not in "".join(row for rows in board.lists.values() for row in rows.values())


def test_no_peak_of_the_hour_is_lost() -> None:
    """Half a minute is drawn by its highest, and what could not be seen is a gap."""
    start = NOW.replace(second=0)
    seen = [troubled(start + timedelta(seconds=5 * step), 0, step) for step in range(6)]
    found = history([point(one) for one in [*seen, dark(start + timedelta(seconds=STEP_SECONDS))]])

    assert found["at"] == [int(start.timestamp()), int(start.timestamp()) + STEP_SECONDS]
    assert found["lines"]["minute web"] == [415, None]
    assert found["lines"]["age router"] == [95_000, None]
