"""Events that the console sends for each snapshot."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.assembly.channels import DIRECTORY
from app.assembly.stages.console import console_templates
from bench.generated.translations import CONSOLE, read_catalog
from messages.topics import TRIAGE
from monitor.active_alerts import AlertRegister
from monitor.console.feed import STEP_SECONDS, Feed, chart_history
from monitor.console.view_model import SHOWN_AGENCIES, ViewModel, ViewModelBuilder
from monitor.monitor_loop import Observation, history_point
from monitor.snapshot import Backlog, QueueState, Snapshot
from pages.translation.language import in_language
from tests.monitor.console.snapshots import PlantedMonitor, all_away, quiet, troubled
from tests.support.page_texts import page_text

NOW = datetime(2026, 11, 24, 20, 12, tzinfo=UTC)
# An event every five seconds must fit a slow mobile connection.
MAX_BYTES = 20_000


@pytest.fixture
def planted() -> PlantedMonitor:
    """Return a monitor before its first snapshot."""
    return PlantedMonitor(troubled(NOW))


@pytest.fixture
def feed(planted: PlantedMonitor) -> Feed:
    """Return a feed with a fixed epoch."""
    return Feed(planted.loop, ViewModelBuilder(console_templates("https://meja.example"), DIRECTORY), "epoch")


def event_data(event: bytes) -> Any:
    """Return the data of one event."""
    return json.loads(event.decode().split("data: ", 1)[1])


def view_model(snapshot: Snapshot, language: str = "en") -> ViewModel:
    """Return the view model of a first snapshot."""
    observation = Observation(1, snapshot, AlertRegister(DIRECTORY).update(snapshot))
    with in_language(language):
        return ViewModelBuilder(console_templates("https://meja.example"), DIRECTORY)(observation)


def test_there_is_no_view_before_the_first_snapshot(feed: Feed) -> None:
    """There are no events either."""
    assert feed.latest_view() is None
    assert feed.events_after(feed.latest_id) == ("epoch-0", b"")


def test_a_page_without_snapshot_reloads_after_the_first(feed: Feed, planted: PlantedMonitor) -> None:
    """It has no lists that an event could change."""
    planted.loop.step()

    assert feed.events_after("epoch-0") == ("epoch-1", b"event: fresh\ndata:\n\n")


def test_an_event_has_only_the_changes(feed: Feed, planted: PlantedMonitor) -> None:
    """Unchanged rows are not sent. The newest value of each chart line is."""
    planted.loop.step()
    first = feed.latest_view()
    assert first
    planted.step(troubled(NOW + timedelta(seconds=5), step=1))
    latest_id, body = feed.events_after(first.id)
    event = event_data(body)

    assert latest_id == "epoch-2"
    assert body.startswith(b"id: epoch-2\n")
    assert event["facts"]["at"] == "20:12:05"
    assert [placement[0] for placement in event["lists"]["channels"]["placed"]] == ["web", "mobile"]
    assert "dead-letters" not in event["lists"]
    assert event["values"]["minute web"] == 411
    assert event["at"] == int(NOW.timestamp()) + 5


def test_the_latest_view_has_no_event_after_it(feed: Feed, planted: PlantedMonitor) -> None:
    """The next snapshot makes the next event."""
    planted.loop.step()

    assert feed.events_after("epoch-1") == ("epoch-1", b"")


def test_a_page_that_missed_events_gets_all_of_them(feed: Feed, planted: PlantedMonitor) -> None:
    """A short interruption of the connection loses nothing."""
    for step in range(4):
        planted.step(troubled(NOW + timedelta(seconds=5 * step), step=step))
        feed.latest_view()
    latest_id, body = feed.events_after("epoch-2")

    assert latest_id == "epoch-4"
    assert [line for line in body.decode().splitlines() if line.startswith("id:")] == ["id: epoch-3", "id: epoch-4"]


@pytest.mark.parametrize("view_id", ["another-2", "epoch-99", "", "<script>"])
def test_an_unknown_id_makes_the_page_reload(feed: Feed, planted: PlantedMonitor, view_id: str) -> None:
    """The id may be of another process, or too old."""
    for _ in range(3):
        planted.loop.step()
        feed.latest_view()

    assert feed.events_after(view_id) == ("epoch-3", b"event: fresh\ndata:\n\n")


def test_events_are_kept_for_five_minutes(feed: Feed, planted: PlantedMonitor) -> None:
    """A page that was away for longer reloads."""
    for _ in range(70):
        planted.step(quiet(NOW))
        feed.latest_view()

    assert feed.events_after("epoch-10")[1] != b"event: fresh\ndata:\n\n"
    assert feed.events_after("epoch-9")[1] == b"event: fresh\ndata:\n\n"


def test_an_event_is_small(feed: Feed, planted: PlantedMonitor) -> None:
    """It is small with 700 agencies, 10,000 dead letters and many changed numbers."""
    planted.step(troubled(NOW, 700))
    feed.latest_view()
    planted.step(troubled(NOW + timedelta(seconds=5), 700, step=1))
    _, body = feed.events_after("epoch-1")

    assert len(body) < MAX_BYTES


def test_each_agency_is_in_one_of_two_lists() -> None:
    """Triage is in neither."""
    view = view_model(troubled(NOW, 600))

    assert [*view.lists["largest"]] == [f"kab-{number:04}" for number in range(SHOWN_AGENCIES)]
    assert len(view.lists["remaining"]) == 600 - SHOWN_AGENCIES
    assert view.facts["remaining"] == "580"
    assert [*view.lists["triage"]] == ["triage"]


def test_lists_without_source_say_unknown() -> None:
    """Without bus and database an empty list would look healthy."""
    view = view_model(all_away(NOW))

    for name in ("stages", "dead-letters", "quarantine"):
        assert "the bus can&#39;t be reached" in view.lists[name][""]
    for name in ("triage", "largest"):
        assert "the database can&#39;t be reached" in view.lists[name][""]
    assert {view.facts[name] for name in ("dead-letters", "quarantine", "agencies")} == {"unknown"}


def test_a_healthy_service_is_shown_as_healthy() -> None:
    """The lists say that they are empty; the page's title has no count."""
    view = view_model(quiet(NOW))

    assert "No alert is active." in view.lists["alerts"][""]
    assert "No dead letters." in view.lists["dead-letters"][""]
    assert "No case waits at any agency." in view.lists["largest"][""]
    assert (view.facts["title"], view.facts["summary"]) == ("Satu Pintu operations", "")
    assert view_model(troubled(NOW)).facts["title"] == "(15 NOW) Satu Pintu operations"


@pytest.mark.parametrize(("cases", "sentence"), [(1, "1 case waits"), (15, "15 cases wait")])
def test_cases_at_triage_are_mentioned_without_an_alert(cases: int, sentence: str) -> None:
    """They wait for a person, long before the alert is raised."""
    triage = QueueState(agency=TRIAGE, name="Triage", waiting=Backlog(many=cases, oldest=NOW))
    view = view_model(quiet(NOW).model_copy(update={"queues": (triage,)}))

    row = view.lists["alerts"][""]
    assert f"No alert is active. {sentence} at triage for a decision." in row
    assert "OK" not in row
    assert "WAITING" in row
    assert 'href="https://meja.example/desk/triase"' in row
    assert [*view.lists["moves"]] == ["triage-waiting"]


def test_an_alert_has_its_first_move_and_its_page_of_the_desk() -> None:
    """Who reads the alert knows what to do, and where."""
    lists = view_model(troubled(NOW)).lists
    names = {name.partition(" ")[0] for name in lists["alerts"]}
    assert names == lists["moves"].keys()
    assert all(f'href="#move-{name.partition(" ")[0]}"' in row for name, row in lists["alerts"].items())
    assert "then release or drop" in page_text(lists["moves"]["quarantine"]).lower()
    assert '<a href="https://meja.example/desk/karantina">' in lists["moves"]["quarantine"]
    assert [*view_model(quiet(NOW)).lists["moves"]] == [""]


@pytest.mark.parametrize("planted_state", [troubled, all_away, quiet])
def test_the_console_is_indonesian(planted_state: Callable[[datetime], Snapshot]) -> None:
    """Alerts, rows and facts have no English text of the catalog, with every alert and every reason."""
    view = view_model(planted_state(NOW), "id")
    text = "\n".join([*view.facts.values(), *(page_text(row) for rows in view.lists.values() for row in rows.values())])

    english = [
        str(entry.id)
        for entry in read_catalog(CONSOLE)
        if isinstance(entry.id, str) and entry.id not in {"", entry.string} and not set(entry.id) & set("%{<[")
    ]
    assert len(english) > 60
    # The values of a sentence, such as a cause, are looked for in all languages.
    assert [msgid for msgid in english if re.search(rf"(?<!\w){re.escape(msgid)}(?!\w)", text)] == []


def test_alerts_are_translated_with_their_values() -> None:
    """Durations, numbers and reasons in a sentence are Indonesian. Its English text is that of the log."""
    snapshot = troubled(NOW)
    alerts = {alert.name: alert for alert in AlertRegister(DIRECTORY).update(snapshot)}
    view = view_model(snapshot, "id")

    assert alerts["audit"].text == "The audit found differences: 2 lost, 1 misfiled. `satupintu audit` lists them."
    shown = page_text("".join(view.lists["alerts"].values()))
    assert "Audit menemukan selisih: 2 lost, 1 misfiled." in shown
    assert "1.204 pesan menunggu normalize; yang terlama sudah 11 mnt." in shown
    assert "34 karena tanda tangan salah, 2 karena tanpa tanda tangan." in shown
    assert "biasanya 61,3 per jam." in shown


def test_names_are_escaped() -> None:
    """The name of an agency or a host is never markup."""
    snapshot = troubled(NOW, 1)
    name = "<script>alert(1)</script>"
    queue = snapshot.queues[1].model_copy(update={"name": name, "agency": f'"{name}'})
    process = snapshot.processes[0].model_copy(update={"instance": name})
    view = view_model(snapshot.model_copy(update={"queues": (queue,), "processes": (process,)}))

    assert "<script" not in "".join(row for rows in view.lists.values() for row in rows.values())


def test_charts_show_every_peak() -> None:
    """A half minute has its highest value. A missing value is a gap."""
    start = NOW.replace(second=0)
    snapshots = [troubled(start + timedelta(seconds=5 * step), 0, step) for step in range(6)]
    snapshots.append(all_away(start + timedelta(seconds=STEP_SECONDS)))
    history = chart_history([history_point(snapshot) for snapshot in snapshots])

    assert history["at"] == [int(start.timestamp()), int(start.timestamp()) + STEP_SECONDS]
    assert history["lines"]["minute web"] == [415, None]
    assert history["lines"]["age router"] == [95_000, None]
