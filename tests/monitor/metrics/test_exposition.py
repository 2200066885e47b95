"""The exposition at `/metrics` has every metric of the catalog, and no text that a citizen wrote."""

import re
import threading

import pytest
import requests

from app.assembly.channels import DIRECTORY
from app.assembly.monitoring import snapshot_collector
from app.assembly.operations_http import build
from app.assembly.parts import Parts
from bus.worker_health import WorkerHealth
from monitor.alert import ALERT_NAMES
from monitor.health import ProcessHealth
from monitor.metrics import catalog
from monitor.metrics.catalog import METRICS, SNAPSHOT_AGE, Kind
from monitor.monitor_loop import MonitorLoop
from monitor.snapshot import Backlog, ProcessState
from tests.conftest import NOW
from tests.ingest.door_client import DoorServer
from tests.monitor.metrics.conftest import Expose, Promtool, families, values
from tests.monitor.metrics.snapshots import (
    HEALTHY,
    OTHER_ADDRESS,
    RAISED,
    ago,
    channel,
    pending,
    process,
    queue,
    snapshot_with,
    stage,
)
from tests.support.records import web

EVERYTHING = snapshot_with(
    dangers=(queue(),),
    dead_letters=(pending("router", "not_json"),),
    quarantine=(pending("sms", "unsigned"),),
    jumped=11.0,
)


def test_no_two_metrics_have_one_name() -> None:
    """Prometheus refuses a scrape with two families of one name."""
    assert len({metric.name for metric in METRICS}) == len(METRICS) > 1


def test_names_follow_prometheus() -> None:
    """A name has our prefix and its base unit; a counter ends in `_total`. Prometheus's own labels are not used."""
    for metric in METRICS:
        assert metric.name.startswith("satupintu_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.name.endswith("_seconds") == (metric.unit == "seconds"), metric.name
        assert metric.name.endswith("_ratio") == (metric.unit == "ratio"), metric.name
        assert not {"instance", "job"} & set(metric.labels)


def test_every_metric_is_served(expose: Expose, busy: ProcessState) -> None:
    """It has the kind, the help text and the labels of the catalog. No other metric is served."""
    served = families(expose(EVERYTHING, busy))
    assert sorted(served) == sorted(metric.name.removesuffix("_total") for metric in METRICS)
    for metric in METRICS:
        family = served[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind.value, metric.meaning)
        assert all(sample.labels.keys() == set(metric.labels) for sample in family.samples)


def test_promtool_accepts_the_exposition(expose: Expose, busy: ProcessState, promtool: Promtool) -> None:
    """`promtool check metrics` reports nothing."""
    assert promtool("check", "metrics", stdin=expose(EVERYTHING, busy)) == ""


def test_a_process_without_monitor_exposes_itself(expose: Expose, busy: ProcessState) -> None:
    """It exposes its doors, spool, workers and clock."""
    exposition = expose(None, busy)
    process_metrics = METRICS[: METRICS.index(SNAPSHOT_AGE)]
    assert set(families(exposition)) == {metric.name.removesuffix("_total") for metric in process_metrics}
    samples = values(exposition)
    assert samples['satupintu_process_time_seconds{process="host-a"}'] == NOW.timestamp()
    assert samples['satupintu_door_open{process="host-a",door="web"}'] == 1
    assert samples['satupintu_door_open{process="host-a",door="sms"}'] == 0
    assert samples['satupintu_spooled_messages{process="host-a"}'] == 12
    assert samples['satupintu_spool_used_ratio{process="host-a"}'] == 0.25
    assert samples['satupintu_worker_messages_total{process="host-a",worker="router"}'] == 7
    assert samples['satupintu_worker_fenced_age_seconds{process="host-a",worker="router"}'] == 9.5


def test_a_process_without_doors_has_no_spool(expose: Expose) -> None:
    """A worker that was never fenced has no age of the last fencing."""
    own = ProcessState.model_validate({"address": "", "instance": "host-a", "parts": {"router": {}}})
    exposition = expose(None, own)
    for absent in (catalog.SPOOLED, catalog.SPOOL_USED, catalog.DOOR_OPEN, catalog.FENCED_AGE):
        assert absent.name not in exposition


def test_the_monitor_exposes_the_probed_processes(expose: Expose) -> None:
    """The address distinguishes two processes of the same name."""
    away = ProcessState(address="http://ops:secret@10.0.0.9:1710", unreached="ConnectTimeout")
    snapshot = snapshot_with(processes=(process(ahead=-3.5), process(address=OTHER_ADDRESS), away))
    samples = values(expose(snapshot))
    assert samples['satupintu_process_reached{address="10.0.0.7:1710"}'] == 1
    assert samples['satupintu_process_reached{address="10.0.0.9:1710"}'] == 0
    assert samples['satupintu_process_ahead_seconds{process="host-a",address="10.0.0.7:1710"}'] == -3.5
    for address in ("10.0.0.7:1710", "10.0.0.8:1710"):
        assert samples[f'satupintu_door_open{{process="host-a",address="{address}",door="sms"}}'] == 1


def test_processes_of_the_same_name_are_both_exposed(expose: Expose, busy: ProcessState) -> None:
    """Two processes of one host may have one name. The monitor's own and the probed one are both exposed."""
    assert process().instance == busy.instance
    doors = [name for name in values(expose(HEALTHY, busy)) if name.startswith("satupintu_door_open")]
    assert sorted('address="10.0.0.7:1710"' in name for name in doors) == [False] * 2 + [True] * 2


def test_an_address_that_is_configured_twice_is_exposed_once(expose: Expose, promtool: Promtool) -> None:
    """Prometheus refuses an exposition with two values for the same labels."""
    exposition = expose(snapshot_with(processes=(process(), process())))
    assert exposition.count("satupintu_process_reached{") == 1
    promtool("check", "metrics", stdin=exposition)


def test_ages_are_those_of_the_snapshot(expose: Expose) -> None:
    """The age of the snapshot is a metric of its own."""
    snapshot = snapshot_with(at=ago(7), stages=(stage(topics={"complaints": Backlog(many=3, oldest=ago(37))}),))
    samples = values(expose(snapshot))
    assert samples["satupintu_snapshot_age_seconds"] == 7
    assert samples["satupintu_snapshots_total"] == 3
    assert samples['satupintu_stage_oldest_age_seconds{stage="router",topic="complaints"}'] == 30
    assert samples['satupintu_stage_waiting_messages{stage="router",topic="complaints"}'] == 3


def test_a_topic_without_backlog_is_zero(expose: Expose) -> None:
    """Every topic of an observed stage has a value, so that graphs have no gaps. Other stages have none."""
    samples = values(expose(snapshot_with(stages=(stage(topics={}),))))
    waiting = {name: value for name, value in samples.items() if name.startswith("satupintu_stage_waiting")}
    assert set(waiting.values()) == {0}
    assert len(waiting) == 3


def test_channels_and_queues_are_exposed(expose: Expose) -> None:
    """A channel without messages has no age of the newest."""
    silent = channel("mobile", newest=None, usual=0.0)
    samples = values(expose(snapshot_with(channels=(channel(), silent), queues=(queue(many=4, age=60, overdue=2),))))
    assert samples['satupintu_accepted_messages_total{channel="web"}'] == 9_000
    assert samples['satupintu_accepted_minute_messages{channel="web"}'] == 1
    assert samples['satupintu_accepted_newest_age_seconds{channel="web"}'] == 20
    assert samples['satupintu_usual_silence_seconds{channel="mobile"}'] == float("inf")
    assert 'satupintu_accepted_newest_age_seconds{channel="mobile"}' not in samples
    assert samples['satupintu_queue_cases{agency="kota-3374"}'] == 4
    assert samples['satupintu_queue_overdue_cases{agency="kota-3374"}'] == 2
    assert samples['satupintu_queue_oldest_age_seconds{agency="kota-3374"}'] == 60


def test_accepted_messages_are_counted_by_offsets(parts: Parts, expose: Expose) -> None:
    """The counter continues, whichever process takes the snapshot."""
    producer = parts.bus.producer()
    producer.publish([web(parts, "Lampu jalan padam", phone=f"08120000000{number}") for number in range(5)])
    producer.close()
    for _ in range(2):
        collector = snapshot_collector(parts)
        samples = values(expose(collector.collect()))
        collector.close()
        assert samples['satupintu_accepted_messages_total{channel="web"}'] == 5
        assert samples['satupintu_accepted_messages_total{channel="sms"}'] == 0


def test_pending_reviews_are_counted_by_reason(expose: Expose) -> None:
    """Fields of one reason are added. A message without channel has the label `none`."""
    letters = (pending("router", "missing", 2, field="text"), pending("router", "missing", 3, field="received_at"))
    quarantine = (pending("sms", "unsigned", newest=90), pending("", "unreadable"))
    samples = values(expose(snapshot_with(dead_letters=letters, quarantine=quarantine)))
    assert samples['satupintu_dead_letters{stage="router",reason="missing"}'] == 5
    assert samples['satupintu_dead_letters_oldest_age_seconds{stage="router",reason="missing"}'] == 3_600
    assert samples['satupintu_quarantined_newest_age_seconds{channel="sms",reason="unsigned"}'] == 90
    assert samples['satupintu_quarantined_messages{channel="none",reason="unreadable"}'] == 1


def test_active_alerts_are_counted_by_name(expose: Expose) -> None:
    """Every name has a count, also 0. Only an active alert has an age."""
    samples = values(expose(RAISED["process-away"]))
    assert {name: samples[f'satupintu_active_alerts{{alert="{name}"}}'] for name in ALERT_NAMES} == {
        name: int(name == "process-away") for name in ALERT_NAMES
    }
    assert [name for name in samples if "alert_age" in name] == ['satupintu_alert_age_seconds{alert="process-away"}']


@pytest.mark.parametrize("text", ["Pak Budi 08120000000", 'x"} 1\nsatupintu_bus_up 0', "é", "a" * 101, "-"])
def test_labels_hold_no_free_text(expose: Expose, text: str) -> None:
    """Another program may write any text into a header. Such a text has the label `other`."""
    snapshot = snapshot_with(
        dead_letters=(pending(text, text),),
        quarantine=(pending(text, text),),
        queues=(queue(text),),
        differences={text: 1},
        processes=(process(instance=text, doors={text: {"reason": text}}, parts={text: {"waits_for": text}}),),
    )
    exposition = expose(snapshot, ProcessState.model_validate({"address": "", "instance": text, "doors": {text: {}}}))
    assert text not in exposition or text == "-"
    labels = re.findall(r'="([^"]*)"', exposition)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:-]*|", label) for label in labels)
    assert values(exposition)["satupintu_bus_up"] == 1


def test_the_operations_port_serves_the_metrics(parts: Parts) -> None:
    """The `Accept` header chooses text or OpenMetrics. The monitor's metrics are absent before its first snapshot."""
    loop = MonitorLoop(lambda: HEALTHY, DIRECTORY, threading.Event(), 5.0)
    health = ProcessHealth({"router": WorkerHealth(lambda: 0.0)})
    host = DoorServer()
    host.app = build(parts, health, {"web": str, "sms": lambda: "spool_full"}, loop)

    def get(accept: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{host.port}/metrics", headers={"accept": accept}, timeout=60)

    with host.serving():
        without_snapshot = get("*/*")
        loop.step()
        text = get("text/plain;version=0.0.4")
        open_metrics = get("application/openmetrics-text;version=1.0.0")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert "satupintu_snapshots_total" not in without_snapshot.text
    name = f'process="{parts.settings.instance}"'
    assert values(text.text)[f'satupintu_door_open{{{name},door="sms"}}'] == 0
    assert values(text.text)[f'satupintu_worker_messages_total{{{name},worker="router"}}'] == 0
    assert open_metrics.text.endswith("# EOF\n")
