"""One run of a simulation: people and faults for some time, then peace, then the judges."""

import logging
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import structlog

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.queues import existing_queues
from app.database import open_database
from app.surroundings import system_surroundings
from config.database import snapshot_transaction
from config.settings import Settings
from tests.chaos.comparisons import Difference
from tests.chaos.facts import read_topics
from tests.chaos.models import audit_differences, compare_numbers, compare_with_topics
from tests.simulation.hub import FaultRates
from tests.simulation.judges import believed_forgeries, normalizer_differences, remaining_words
from tests.simulation.people import People
from tests.simulation.world import World
from tests.support.paths import SMALL_TABLES

# Simulated seconds within which all work is done after the last fault.
_PATIENCE_SECONDS = 1800.0
_LOOK_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What is drawn for a seed: how many persons, how often each acts, and the faults."""

    citizens: int
    officers: int
    staff: int
    attackers: int
    acts: int
    rates: FaultRates

    @classmethod
    def of_seed(cls, seed: int) -> "RunPlan":
        """Return the plan of a seed. One seed in ten has no faults."""
        draw = random.Random(f"plan {seed}")  # noqa: S311 - reproducible
        # Faults are rare or frequent, so that a run gets far in some seeds and hardly goes on in others.
        scale = 0.0 if seed % 10 == 0 else 10.0 ** draw.uniform(-3.0, -1.3)
        before, after, refused, confirmed, frozen, bus, database = (draw.random() * scale for _ in range(7))
        rates = FaultRates(
            switch=draw.choice((0.0, 0.1, 0.5)),
            kill_before=before,
            kill_after=after,
            retry_before=refused,
            retry_after=confirmed,
            freeze=frozen,
            bus_away=bus / 10,
            database_away=database / 10,
        )
        counts = (draw.randint(2, 6), draw.randint(1, 3), draw.randint(0, 2), draw.randint(0, 1))
        return cls(*counts, draw.randint(5, 20), rates)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did and what the judges found."""

    seed: int
    done: Mapping[str, int]
    faults: Mapping[tuple[str, str, str], int]
    hours: float
    steps: int
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Template:
    """What all runs share: a migrated SQLite file to copy, and parts whose tables are loaded."""

    database: Path
    tables: Parts

    @classmethod
    def new(cls, folder: Path) -> "Template":
        """Make it in a folder."""
        database = folder / "migrated.db"
        engine = open_database(f"sqlite:///{database}")
        migrate(engine)
        engine.dispose()
        settings = Settings.model_validate({"home": folder, "reference_folder": str(SMALL_TABLES)})
        return cls(database, Parts(settings, CHANNELS, system_surroundings()))


def run(seed: int, folder: Path, template: Template) -> RunResult:
    """Make the run of a seed in an empty folder."""
    plan = RunPlan.of_seed(seed)
    world = World(seed, folder, template.database, plan.rates, template.tables)
    try:
        began_at, people, differences = world.hub.time, People(world), list[Difference]()
        people.begin(plan.citizens, plan.officers, plan.staff, plan.attackers, plan.acts)
        world.hub.run_until(lambda: people.is_done)
        world.heal()
        differences += _settle(world)
        differences += [Difference("error", "", text) for text in world.hub.errors]
        differences += _judge(world, people)
        hours = (world.hub.time - began_at) / 3600
        return RunResult(seed, Counter(people.done), Counter(world.hub.faults), hours, world.hub.steps, differences)
    finally:
        world.close()


def quiet() -> None:
    """Let the service log nothing: faults are what is looked for."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _settle(world: World) -> Iterator[Difference]:
    """Let all work be done. Yield what still waits after the patience."""
    deadline, waiting, looks = world.hub.time + _PATIENCE_SECONDS, ["?"], 0
    while looks < 2 and world.hub.time < deadline:
        until = world.hub.time + _LOOK_SECONDS
        world.hub.run_until(lambda until=until: world.hub.time >= until)  # type: ignore[misc]
        waiting = list(world.waits_for())
        looks = 0 if waiting else looks + 1
    yield from (Difference("settled", "", text) for text in waiting)


def _judge(world: World, people: People) -> Iterator[Difference]:
    parts = world.parts
    yield from audit_differences(parts.audit(full=True))
    with closing(parts.bus.reader()) as reader:
        topics = read_topics(reader, existing_queues(reader))
    with snapshot_transaction(parts.engine) as connection:
        yield from compare_numbers(connection, people.numbers)
        yield from compare_with_topics(connection, topics)
        yield from normalizer_differences(connection, topics)
        yield from believed_forgeries(connection, people.forged)
    yield from remaining_words(parts.engine, {report.text for report in people.forgotten})
