"""The checks before a start name the setting, the host and the cause of each fault."""

import re
import shutil
import socket
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from app.assembly.channels import CHANNELS
from app.assembly.doors.twitter import twitter_doors
from app.assembly.parts import Parts
from app.assembly.processes.batch_pauses import DEFAULT_MILLISECONDS, batch_pause
from app.assembly.service import Service
from app.assembly.stages.doors import practice_x_threads
from app.assembly.startup.broker_faults import broker_faults
from app.assembly.startup.checks import Finding, check_all, must_pass, warn_of_unknown_settings, warn_of_younger_bus
from app.assembly.startup.ports import listen_addresses, open_ports
from app.surroundings import system_surroundings
from bus.errors import Retry, Stop
from bus.port import Outgoing
from config.database import write_transaction
from config.settings import Settings
from messages.topics import COMPLAINTS, consumer_groups
from router.partitions import hold_partitions
from tests.support.log_capture import captured_log
from tests.support.ports import free_ports
from tests.support.service import REGISTRY

SECRET = "not-to-be-shown"


def finding(settings: Settings, name: str, **changes: Any) -> Finding:
    """Return the finding of this name with changed settings."""
    values = settings.model_dump() | {"reference_folder": REGISTRY} | changes
    parts = Parts(Settings.model_validate(values), CHANNELS, system_surroundings())
    try:
        return next(result for result in check_all(parts) if result.name == name)
    finally:
        parts.engine.dispose()


def test_a_database_that_is_away_is_named(settings: Settings) -> None:
    """Host, port and cause, and no password."""
    (port,) = free_ports(1)
    database = finding(settings, "database", database_url=f"postgresql://nobody:{SECRET}@127.0.0.1:{port}/none")
    assert (database.ok, database.is_away) == (False, True)
    assert f"127.0.0.1:{port}" in database.text
    assert "refused" in database.text
    assert SECRET not in database.text


@pytest.mark.slow
def test_each_broker_that_is_away_is_named(settings: Settings) -> None:
    """A broker that takes connections is not among them."""
    (first, second) = free_ports(2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        brokers = f"127.0.0.1:{first},127.0.0.1:{mute.getsockname()[1]},127.0.0.1:{second}"
        bus = finding(settings, "bus", bus="kafka", kafka_bootstrap=brokers)
    assert (bus.ok, bus.is_away) == (False, True)
    assert bus.text == f"127.0.0.1:{first}: Connection refused; 127.0.0.1:{second}: Connection refused"


def close_next_connection(server: socket.socket) -> None:
    """Accept a connection and close it, as a server without TLS does."""
    server.accept()[0].close()


def test_each_address_has_its_cause() -> None:
    """An unknown host, a text that is no address, and a server without TLS each have a cause of their own."""
    settings = Settings.model_validate({"bus": "kafka", "kafka_bootstrap": "x:9", "kafka_sasl_password": SECRET})
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=close_next_connection, args=(server,)).start()
        plain_address = f"127.0.0.1:{server.getsockname()[1]}"
        brokers = f"kafka.tidak-ada.invalid:9092,broker,{plain_address}"
        changes = {"kafka_bootstrap": brokers, "kafka_security": "SASL_SSL"}
        text = broker_faults(settings.model_copy(update=changes), Retry(f"no broker, {SECRET}"))
    unknown_host, no_address, without_tls = re.split(r"; (?=broker: |127)", text)
    assert unknown_host.startswith("kafka.tidak-ada.invalid:9092: ")
    assert no_address == "broker: not an address; write host:port in SATUPINTU_KAFKA_BOOTSTRAP"
    assert without_tls.startswith(f"{plain_address}: TLS: ")
    assert SECRET not in text


def test_a_rate_of_an_unknown_door_is_refused(settings: Settings) -> None:
    """A misspelt name would leave the limit that the operator wants without effect."""
    rates = finding(settings, "rates", rates="wbe=60/minute")
    assert not rates.ok
    assert "SATUPINTU_RATES: there is no door wbe; the names are web" in rates.text


def test_a_faulty_rule_of_escalation_is_refused(settings: Settings, tmp_path: Path) -> None:
    """The row and the remedy are named before the start."""
    assert finding(settings, "escalation").ok
    folder = tmp_path / "tables"
    shutil.copytree(REGISTRY, folder)
    (folder / "escalation.csv").write_text("clock,when,who,ways\nresolve,near,sekda,mail\n", encoding="utf-8")
    rules = finding(settings, "escalation", reference_folder=folder)
    assert not rules.ok
    assert "escalation.csv: line 2: who is 'sekda'; write one of officer, unit_head" in rules.text


def test_a_batch_pause_of_an_unknown_group_is_refused(settings: Settings) -> None:
    """A misspelt name would leave the pause that the operator wants without effect."""
    pauses = finding(settings, "batch pauses", batch_pauses={"sinks": 100})
    assert not pauses.ok
    assert "SATUPINTU_BATCH_PAUSES: there is no group sinks; the names are normalize, router" in pauses.text


def test_each_stage_has_a_default_pause(settings: Settings) -> None:
    """The names are those of the consumer groups, in their order, and that of the derivations."""
    assert list(DEFAULT_MILLISECONDS) == [*(group.name for group in consumer_groups(())), "derivations"]
    assert batch_pause(settings.model_copy(update={"batch_pauses": {"router": 40}}), "router") == 0.04


@pytest.mark.only_on("postgresql", "SQLite has no connections")
@pytest.mark.parametrize(("processes", "ok"), [(15, True), (16, True), (100, False)])
def test_the_connections_of_all_processes_are_added_up(
    settings: Settings, database_settings: Mapping[str, str], processes: int, *, ok: bool
) -> None:
    """Fifteen processes fit PostgreSQL's default of 100 connections. More than it has are a fault of all together."""
    peers = ",".join(f"http://10.0.0.{number}:1710" for number in range(processes))
    connections = finding(settings, "connections", **database_settings, ops_peers=peers)
    assert connections.ok is ok
    assert f"{processes} processes (SATUPINTU_OPS_PEERS) with 5 connections each" in connections.text
    assert f"need {processes * 5}, PostgreSQL has 9" in connections.text


@pytest.mark.slow
def test_topics_with_fewer_copies_fail_the_check_and_not_the_start(settings: Settings, kafka_bootstrap: str) -> None:
    """A process on such topics works, and its doors are open. The check tells the operator."""
    kafka = {"bus": "kafka", "kafka_bootstrap": kafka_bootstrap}
    values = settings.model_dump() | {"reference_folder": REGISTRY} | kafka
    parts = Parts(Settings.model_validate(values), CHANNELS, system_surroundings())
    parts.ensure_topics()
    must_pass(parts)
    assert finding(settings, "existing topics", **kafka).ok
    topics = finding(settings, "existing topics", kafka_replication=3, **kafka)
    assert (topics.ok, topics.is_away) == (False, False)
    assert "topics have fewer than 3 copies, as " in topics.text
    parts.engine.dispose()


def test_a_wrong_setting_prevents_a_start(settings: Settings) -> None:
    """The error names the setting."""
    parts = Parts(settings.model_copy(update={"rates": {"wbe": "1/minute"}}), CHANNELS, system_surroundings())
    with pytest.raises(Stop, match="rates: SATUPINTU_RATES"):
        must_pass(parts)


def test_a_bus_that_is_younger_than_the_database_is_named(parts: Parts) -> None:
    """The partition, what it lacks and what to do. The start tells it, too, and goes on."""
    messages = [Outgoing(COMPLAINTS, b"1", b"{}")] * 3
    with closing(parts.bus.producer()) as producer, closing(parts.bus.reader()) as reader:
        producer.publish(messages)
        *_, last = reader.read([COMPLAINTS])
        records = [replace(last, offset=last.offset + len(messages))]
    with write_transaction(parts.engine) as connection:
        hold_partitions(connection, records)
    younger = next(result for result in check_all(parts) if result.name == "bus and database")
    assert not younger.ok
    assert f"{COMPLAINTS}/{last.partition} ends at offset 3, routed up to 6" in younger.text
    assert "satupintu backup restore" in younger.text
    with captured_log() as log:
        warn_of_younger_bus(parts)
    assert [line["event"] for line in log.lines] == ["bus.younger_than_database"]
    with closing(parts.bus.producer()) as producer:
        producer.publish(messages)
    assert next(result for result in check_all(parts) if result.name == "bus and database").ok


def test_a_host_with_another_secret_key_does_not_start(parts: Parts) -> None:
    """The check and every start name the setting; the doors are no exception, for nobody could open what they seal."""
    other_key = {"secret_key": SecretStr("another key of thirty-two letters")}
    other = Parts(parts.settings.model_copy(update=other_key), CHANNELS, system_surroundings())
    try:
        assert _secret_key_finding(other).ok
        parts.keys.register_own_key()
        assert _secret_key_finding(parts).ok
        assert not _secret_key_finding(other).ok
        with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY"):
            must_pass(other, with_doors=True)
    finally:
        other.engine.dispose()


def _secret_key_finding(parts: Parts) -> Finding:
    return next(result for result in check_all(parts) if result.name == "secret key")


def test_a_port_in_use_ends_the_start_at_once(parts: Parts) -> None:
    """Two processes that start at one moment both find the port free. The second ends before its parts begin."""
    (port,) = free_ports(1)
    parts.core.settings = parts.settings.model_copy(update={"port": port})
    addresses = listen_addresses(parts.settings, ["desk"])
    with socket.create_server(("127.0.0.1", port)):
        with pytest.raises(Stop, match=f"port {port}: .*SATUPINTU_PORT"):
            Service(parts, ["desk"]).run()
        threads = [thread.name for thread in threading.enumerate()]
    assert addresses == {"PORT": ("127.0.0.1", port)}
    assert "preparation" not in threads


def test_one_port_cannot_be_two(settings: Settings) -> None:
    """The socket that could be opened is closed again."""
    (port,) = free_ports(1)
    same = settings.model_copy(update={"port": port, "desk_port": port})
    with pytest.raises(Stop, match="SATUPINTU_DESK_PORT"):
        open_ports(listen_addresses(same, ["ingest", "desk"]))
    socket.create_server(("127.0.0.1", port)).close()


def test_an_unknown_setting_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check fails and offers the name that was meant. A start only warns: the process works."""
    assert finding(settings, "setting names").ok
    monkeypatch.setenv("SATUPINTU_PUBLC_URL", "https://lapor.example")
    fault = finding(settings, "setting names")
    with captured_log() as log:
        warn_of_unknown_settings()
    assert (fault.ok, fault.is_away) == (False, False)
    assert fault.text == "there is no setting SATUPINTU_PUBLC_URL (is it SATUPINTU_PUBLIC_URL?)"
    assert [line["variable"] for line in log.lines if line["event"] == "setting.unknown"] == ["SATUPINTU_PUBLC_URL"]


def test_the_practice_x_stays_with_the_embedded_bus(settings: Settings) -> None:
    """With Kafka the door is shut and says why, and nothing listens on the port of the practice X."""
    without_x = {"x_base_url": "", "x_bearer_token": SecretStr("")}
    local = Parts(settings.model_copy(update=without_x), CHANNELS, system_surroundings())
    kafka = Parts(
        settings.model_copy(update={**without_x, "bus": "kafka", "kafka_bootstrap": "127.0.0.1:9"}),
        CHANNELS,
        system_surroundings(),
    )
    assert (local.settings.practice_x, kafka.settings.practice_x) == (True, False)
    stopping = threading.Event()
    assert [name for name, _ in practice_x_threads(kafka, stopping)] == []
    with closing(local.bus.producer()) as producer:
        (door,) = twitter_doors(kafka.doors, producer, stopping)
    assert (door.why_shut(), door.threads) == ("no_x_token", ())
