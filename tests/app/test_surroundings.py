"""Time, ids and randomness of a process come from its surroundings: its time can be moved, and a run repeated."""

import random
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import RFC_4122, UUID

import pytest

from app.assembly.channels import CHANNELS
from app.assembly.desk.accounts import first_administrator_link
from app.assembly.desk.api import build_agency_keys
from app.assembly.monitoring import snapshot_collector
from app.assembly.parts import Parts
from app.clock import Clock
from app.randomness import Randomness, system_randomness
from app.surroundings import Surroundings, system_surroundings
from app.threads import system_threads
from config.secrets import SECRETS_FILE
from config.settings import Settings
from desk.api.keys.scopes import SCOPES
from tests.conftest import NOW
from tests.end_to_end.dialogues.service import running_stages
from tests.support import records
from tests.support.databases import Databases
from tests.support.prepared_parts import create_topics

CLOCK = Clock(lambda: NOW, lambda: 0.0, lambda _seconds: None)


def seeded(seed: int) -> Randomness:
    """Return randomness that is the same for the same seed."""
    return Randomness(random.Random(seed).randbytes)  # noqa: S311 - reproducible


def overdue_cases(parts: Parts) -> int:
    """Return how many cases the console of this process shows as overdue."""
    with closing(snapshot_collector(parts)) as collector:
        return sum(queue.overdue for queue in collector.collect().queues)


@pytest.mark.slow
def test_deadlines_are_due_for_a_process_whose_clock_is_later(
    settings: Settings, database: Databases, templates: Path
) -> None:
    """The same data: nothing is overdue on the day of the report, and the case is 40 days later."""
    with running_stages(settings, templates) as service:
        with closing(service.parts.bus.producer()) as producer:
            producer.publish([records.web(service.parts, "Lampu jalan padam di Kota Semarang")])
        service.run()
        assert overdue_cases(service.parts) == 0
        later_clock = replace(CLOCK, now=lambda: NOW + timedelta(days=40))
        later = Parts(settings, CHANNELS, replace(system_surroundings(), clock=later_clock))
        try:
            assert overdue_cases(later) == 1
        finally:
            later.close()


@pytest.fixture
def made_values(tmp_path: Path, database: Databases, templates: Path) -> Callable[[int], tuple[str, ...]]:
    """Return a function that starts a new service with a seed, and returns what it makes at random."""

    def make(seed: int) -> tuple[str, ...]:
        home = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        home.mkdir(mode=0o700)
        with database.settings(home) as values:
            settings = Settings.model_validate({"home": home, "bus": "local", **values})
            parts = Parts(settings, CHANNELS, Surroundings(CLOCK, seeded(seed), system_threads()))
            create_topics(parts, templates)
            link = first_administrator_link(parts)
            key, text = build_agency_keys(parts, parts.audit_log.append).issue("bumn-pln", SCOPES, "siti", "uji")
            sealed = parts.sealer.seal_for("sender", b"isi", UUID(int=1))
            parts.close()
        return (home / SECRETS_FILE).read_text(), link, str(key.id), text, sealed

    return make


def test_a_service_with_the_same_seed_makes_the_same_secrets(made_values: Callable[[int], tuple[str, ...]]) -> None:
    """Its root secret, links, ids and keys are the same in each run, and others with another seed."""
    first, again, other = made_values(7), made_values(7), made_values(8)
    assert first == again
    assert not set(first) & set(other)


def test_the_process_starts_its_threads_by_its_surroundings(parts: Parts) -> None:
    """The check of the database runs in a thread that the given function started."""
    names: list[str] = []

    def start(run: Callable[[], None], name: str) -> threading.Thread:
        names.append(name)
        thread = threading.Thread(target=run)
        thread.start()
        return thread

    threads = replace(system_threads(), start_background=start)
    other = Parts(parts.settings, CHANNELS, replace(system_surroundings(), threads=threads))
    try:
        other.core.database_ping()
    finally:
        other.close()
    assert names == ["database-ping"]


@pytest.mark.parametrize("limit", [1, 2, 6, 256, 1_000_000])
def test_numbers_are_below_their_limit(limit: int) -> None:
    """Each number occurs, the smallest and the largest too, if there are few."""
    numbers = {system_randomness().below(limit) for _ in range(400)}
    assert min(numbers) >= 0
    assert max(numbers) < limit
    assert len(numbers) == limit or limit > 6


def test_no_number_is_more_frequent_than_another() -> None:
    """All bytes that lead to a number are counted: bytes above the limit are drawn again."""
    for limit in (3, 10, 200):
        counts = [0] * limit
        for byte in range(256):
            drawn = iter((bytes([byte]), bytes([0])))
            number = Randomness(lambda _size, drawn=drawn: next(drawn)).below(limit)  # type: ignore[misc]
            counts[number] += len(list(drawn))
        assert len(set(counts)) == 1, limit


def test_fractions_tokens_and_ids() -> None:
    """The largest fraction is below one; tokens have so many bytes, and ids are of version 4."""
    zeros, ones = Randomness(bytes), Randomness(lambda size: b"\xff" * size)
    assert zeros.fraction() == 0.0
    assert ones.fraction() == 1 - 2**-53
    assert len(ones.token_hex(16)) == 32
    assert ones.token(3) == "____"
    assert len(ones.token()) == 43
    identifier = ones.new_id()
    assert (identifier.version, identifier.variant) == (4, RFC_4122)
