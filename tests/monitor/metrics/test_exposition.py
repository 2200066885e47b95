"""What is served at `/metrics`: each metric of the list, as it is said to be, and no word of anybody."""

import re
import threading

import pytest
import requests

from app.assembly.channels import DIRECTORY
from app.assembly.monitoring import watch
from app.assembly.operations_http import build
from app.assembly.parts import Parts
from bus.worker_health import WorkerHealth
from monitor.alert_conditions import NAMES
from monitor.health import Pulse
from monitor.metrics import catalog
from monitor.metrics.catalog import METRICS, OF_PROCESSES, Kind, Metric
from monitor.monitor_loop import Watching
from monitor.snapshot import ProcessState, Waiting
from tests.conftest import NOW
from tests.ingest.door_client import DoorServer
from tests.monitor.metrics.conftest import Expose, Promtool, families, values
from tests.monitor.metrics.snapshots import BEGAN, OTHER, WELL, ago, channel, heap, look, process, queue, stage
from tests.support.records import web

EVERYTHING = look(letters=(heap("router", "not_json"),), quarantine=(heap("sms", "unsigned"),), jumped=11.0)


def test_the_list_holds_every_metric_once() -> None:
    """What the module names is in the list."""
    named = [each for each in vars(catalog).values() if isinstance(each, Metric)]
    assert sorted(named) == sorted(METRICS)
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_names_follow_prometheus() -> None:
    """Our prefix, base units at the end, `_total` for what only grows; a label is never Prometheus's own."""
    for metric in METRICS:
        assert metric.name.startswith("satupintu_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.name.endswith("_seconds") == (metric.unit == "seconds"), metric.name
        assert metric.name.endswith("_ratio") == (metric.unit == "ratio"), metric.name
        assert not {"instance", "job"} & set(metric.labels)


def test_every_metric_is_served(expose: Expose, busy: ProcessState) -> None:
    """With the kind, the help and the labels of the list, and nothing that is not in it."""
    found = families(expose(EVERYTHING, busy))
    assert sorted(found) == sorted(metric.name.removesuffix("_total") for metric in METRICS)
    for metric in METRICS:
        family = found[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind.value, metric.meaning)
        assert all(sample.labels.keys() == set(metric.labels) for sample in family.samples)


def test_promtool_is_content(expose: Expose, busy: ProcessState, promtool: Promtool) -> None:
    """`promtool check metrics` has nothing to say of all that can be there."""
    assert promtool("check", "metrics", given=expose(EVERYTHING, busy)) == ""


def test_a_process_without_a_monitor_speaks_of_itself(expose: Expose, busy: ProcessState) -> None:
    """Its doors, spool, workers and clock."""
    exposition = expose(None, busy)
    assert set(families(exposition)) == {metric.name.removesuffix("_total") for metric in OF_PROCESSES}
    found = values(exposition)
    assert found['satupintu_process_time_seconds{process="host-a"}'] == NOW.timestamp()
    assert found['satupintu_door_open{process="host-a",door="web"}'] == 1
    assert found['satupintu_door_open{process="host-a",door="sms"}'] == 0
    assert found['satupintu_spooled_messages{process="host-a"}'] == 12
    assert found['satupintu_spool_used_ratio{process="host-a"}'] == 0.25
    assert found['satupintu_worker_messages_total{process="host-a",worker="router"}'] == 7
    assert found['satupintu_worker_fenced_age_seconds{process="host-a",worker="router"}'] == 9.5


def test_a_process_without_doors_has_no_spool(expose: Expose) -> None:
    """And a worker that was never fenced no age of that."""
    own = ProcessState.model_validate({"address": "", "instance": "host-a", "parts": {"router": {}}})
    exposition = expose(None, own)
    for absent in (catalog.SPOOLED, catalog.SPOOL_USED, catalog.DOOR_OPEN, catalog.FENCED_AGE):
        assert absent.name not in exposition


def test_what_the_monitor_heard_of_others(expose: Expose) -> None:
    """With the address where it asked; two that have one name are told apart by it."""
    away = ProcessState(address="http://ops:secret@10.0.0.9:1710", unreached="ConnectTimeout")
    seen = look(processes=(process(ahead=-3.5), process(address=OTHER), away))
    found = values(expose(seen))
    assert found['satupintu_process_reached{address="10.0.0.7:1710"}'] == 1
    assert found['satupintu_process_reached{address="10.0.0.9:1710"}'] == 0
    assert found['satupintu_process_ahead_seconds{process="host-a",address="10.0.0.7:1710"}'] == -3.5
    for address in ("10.0.0.7:1710", "10.0.0.8:1710"):
        assert found[f'satupintu_door_open{{process="host-a",address="{address}",door="sms"}}'] == 1


def test_another_process_of_the_same_name_is_not_hidden(expose: Expose, busy: ProcessState) -> None:
    """Two on one host may have one name: what the monitor heard of each stands beside what its own says of itself."""
    assert process().instance == busy.instance
    found = [sample for sample in values(expose(WELL, busy)) if sample.startswith("satupintu_door_open")]
    assert sorted('address="10.0.0.7:1710"' in sample for sample in found) == [False] * 2 + [True] * 2


def test_an_address_that_is_set_twice_does_no_harm(expose: Expose, promtool: Promtool) -> None:
    """Prometheus refuses an exposition with two values for one thing: there is one."""
    exposition = expose(look(processes=(process(), process())))
    assert exposition.count("satupintu_process_reached{") == 1
    promtool("check", "metrics", given=exposition)


def test_ages_are_those_of_the_look(expose: Expose) -> None:
    """How old the look is, is said beside them."""
    seen = look(at=ago(7), stages=(stage(topics={"complaints": Waiting(many=3, oldest=ago(37))}),))
    found = values(expose(seen))
    assert found["satupintu_look_age_seconds"] == 7
    assert found["satupintu_looks_total"] == 3
    assert found['satupintu_stage_oldest_age_seconds{stage="router",topic="complaints"}'] == 30
    assert found['satupintu_stage_waiting_messages{stage="router",topic="complaints"}'] == 3


def test_what_waits_on_no_topic_is_zero(expose: Expose) -> None:
    """Every topic of a stage that was seen has a value, for graphs without holes; of one that was not, none has."""
    found = values(expose(look(stages=(stage(topics={}),))))
    waiting = {name: value for name, value in found.items() if name.startswith("satupintu_stage_waiting")}
    assert set(waiting.values()) == {0}
    assert len(waiting) == 3


def test_doors_and_queues(expose: Expose) -> None:
    """What came by each channel, and what lies at each agency."""
    silent = channel("mobile", newest=None, usual=0.0)
    found = values(expose(look(channels=(channel(), silent), queues=(queue(many=4, age=60, overdue=2),))))
    assert found['satupintu_accepted_messages_total{channel="web"}'] == 9_000
    assert found['satupintu_accepted_minute_messages{channel="web"}'] == 1
    assert found['satupintu_accepted_newest_age_seconds{channel="web"}'] == 20
    assert found['satupintu_usual_silence_seconds{channel="mobile"}'] == float("inf")
    assert 'satupintu_accepted_newest_age_seconds{channel="mobile"}' not in found
    assert found['satupintu_queue_cases{agency="kota-3374"}'] == 4
    assert found['satupintu_queue_overdue_cases{agency="kota-3374"}'] == 2
    assert found['satupintu_queue_oldest_age_seconds{agency="kota-3374"}'] == 60


def test_what_came_is_counted_by_offsets(parts: Parts, expose: Expose) -> None:
    """A counter that goes on where it was, whoever looks and however often."""
    producer = parts.bus.producer()
    producer.publish([web(parts, "Lampu jalan padam", phone=f"08120000000{number}") for number in range(5)])
    producer.close()
    for _ in range(2):
        looking = watch(parts)
        found = values(expose(looking.look()))
        looking.close()
        assert found['satupintu_accepted_messages_total{channel="web"}'] == 5
        assert found['satupintu_accepted_messages_total{channel="sms"}'] == 0


def test_heaps_are_counted_by_reason(expose: Expose) -> None:
    """Whatever field was at fault; one without a channel has its own."""
    letters = (heap("router", "missing", 2, field="text"), heap("router", "missing", 3, field="received_at"))
    held = (heap("sms", "unsigned", newest=90), heap("", "unreadable"))
    found = values(expose(look(letters=letters, quarantine=held)))
    assert found['satupintu_dead_letters{stage="router",reason="missing"}'] == 5
    assert found['satupintu_dead_letters_oldest_age_seconds{stage="router",reason="missing"}'] == 3_600
    assert found['satupintu_quarantined_newest_age_seconds{channel="sms",reason="unsigned"}'] == 90
    assert found['satupintu_quarantined_messages{channel="none",reason="unreadable"}'] == 1


def test_concerns_stand_by_name(expose: Expose) -> None:
    """Each name has its number, 0 too; for how long only what stands."""
    found = values(expose(BEGAN["process-away"]))
    assert {name: found[f'satupintu_concerns{{concern="{name}"}}'] for name in NAMES} == {
        name: int(name == "process-away") for name in NAMES
    }
    assert [name for name in found if "concern_age" in name] == [
        'satupintu_concern_age_seconds{concern="process-away"}'
    ]


@pytest.mark.parametrize("words", ["Pak Budi 08120000000", 'x"} 1\nsatupintu_bus_up 0', "é", "a" * 101, "-"])
def test_labels_hold_no_words(expose: Expose, words: str) -> None:
    """A record that somebody else put on the bus can call its reason what it likes: it is another's, and no more."""
    seen = look(
        letters=(heap(words, words),),
        quarantine=(heap(words, words),),
        queues=(queue(words),),
        differences={words: 1},
        processes=(process(instance=words, doors={words: {"why": words}}, parts={words: {"waits_for": words}}),),
    )
    exposition = expose(seen, ProcessState.model_validate({"address": "", "instance": words, "doors": {words: {}}}))
    assert words not in exposition or words == "-"
    labels = re.findall(r'="([^"]*)"', exposition)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:-]*|", label) for label in labels)
    assert values(exposition)["satupintu_bus_up"] == 1


def test_the_operations_port_serves_them(parts: Parts) -> None:
    """As text, and as OpenMetrics to who asks for it; what no monitor saw is not there before its first look."""
    watching = Watching(lambda: WELL, DIRECTORY, threading.Event(), 5.0)
    pulse = Pulse({"router": WorkerHealth(lambda: 0.0)})
    host = DoorServer()
    host.app = build(parts, pulse, {"web": str, "sms": lambda: "spool_full"}, watching)

    def get(accept: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{host.port}/metrics", headers={"accept": accept}, timeout=10)

    with host.serving():
        before = get("*/*")
        watching.step()
        text = get("text/plain;version=0.0.4")
        newer = get("application/openmetrics-text;version=1.0.0")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert newer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert "satupintu_looks_total" not in before.text
    name = f'process="{parts.settings.instance}"'
    assert values(text.text)[f'satupintu_door_open{{{name},door="sms"}}'] == 0
    assert values(text.text)[f'satupintu_worker_messages_total{{{name},worker="router"}}'] == 0
    assert newer.text.endswith("# EOF\n")
