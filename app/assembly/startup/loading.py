"""Loads what some stages need: their modules and their tables, before the process opens anything or forks.

A process that runs one stage has neither the modules nor the tables of the others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from itertools import chain

from app.assembly.parts import Parts
from app.garbage_collection import without_collections
from config.settings import Settings, SettingsError

# Modules that a process would otherwise import while it starts, after the fork: of every process, and of each stage.
_COMMON_MODULES = (
    *("app.assembly.service", "app.assembly.operations_http", "app.database", "app.operations.audit.log"),
    *("app.operations.audit.heads", "bus.ensured_topics", "config.secrets", "privacy.bounded_call"),
    *("privacy.key_file", "privacy.key_store", "privacy.person_keys", "privacy.person_keys", "privacy.root_keys"),
    *("uvicorn.lifespan.on", "uvicorn.loops.auto", "uvicorn.loops.uvloop", "uvicorn.protocols.http.auto"),
    *("anyio._backends._asyncio", "uvicorn.protocols.websockets.auto"),
)
# Modules that FastAPI imports when it builds an application, and Jinja when it reads a template.
_PAGE_MODULES = ("fastapi.telemetry._runtime", "jinja2.ext", "pydantic.v1")
_STAGE_MODULES: Mapping[str, Sequence[str]] = {
    "ingest": (
        *("app.assembly.doors.mobile", "app.assembly.doors.smpp", "app.assembly.doors.sms", "app.assembly.doors.web"),
        *("app.assembly.doors.twitter", "app.assembly.http", "app.assembly.stages.doors"),
        "app.assembly.stages.public_port",
        *_PAGE_MODULES,
    ),
    "normalize": (*("config.reference.open311_services", "normalize.stage", "sinks.public.queries"),),
    "router": ("messages.sender_link", "router.stage"),
    "cases": ("app.assembly.stages.cases",),
    "sinks": ("app.assembly.stages.sinks", "ingest.wrap"),
    "desk": (
        *("app.assembly.desk.http", "app.assembly.desk.parts", "app.assembly.stages.public_port"),
        *_PAGE_MODULES,
    ),
    "oversight": ("app.assembly.oversight.parts", "messages.sender_link"),
    "monitor": (
        *("app.assembly.oversight.reveal_report", "app.assembly.safekeeping.archive"),
        *("app.assembly.safekeeping.retention", "app.assembly.stages.console", "app.assembly.stages.monitor"),
        *_PAGE_MODULES,
    ),
}


def load(parts: Parts, stages: Iterable[str]) -> None:
    """Import the modules and load the tables of these stages."""
    with without_collections():
        import_modules(parts.settings, stages)
        load_tables(parts, stages)


def import_modules(settings: Settings, stages: Iterable[str]) -> None:
    """Import the modules of these stages."""
    for module in _modules(settings, stages):
        import_module(module)


def load_tables(parts: Parts, stages: Iterable[str]) -> None:
    """Load the tables of these stages. Those that cannot be used are left out: the checks of the start name them."""
    chosen = set(stages)
    loaders = [loaders for stage, loaders in _STAGE_TABLES.items() if stage in chosen]
    with suppress(SettingsError, OSError):
        for load_part in dict.fromkeys(chain.from_iterable(loaders)):
            load_part(parts)


def _modules(settings: Settings, stages: Iterable[str]) -> Iterator[str]:
    yield from _COMMON_MODULES
    yield "bus.local.bus" if settings.bus == "local" else "app.assembly.kafka"
    if not settings.database.startswith("sqlite"):
        yield "config.postgresql"
    for stage in stages:
        yield from _STAGE_MODULES[stage]


def _load_language(parts: Parts) -> None:
    _ = parts.tables.language_models.current().place_finder


def _load_reading(parts: Parts) -> None:
    _ = parts.reading.classifier, parts.reading.danger_reader, parts.reading.conversation


def _load_sms_reading(parts: Parts) -> None:
    # Doors read SMS as the normalizer does. Where none are expected, the first one loads the tables.
    if parts.settings.twilio_from or parts.settings.smpp_host:
        _load_reading(parts)


def _load_matchers(parts: Parts) -> None:
    _ = parts.reading.matchers.current()


def _load_rules(parts: Parts) -> None:
    _ = parts.tables.rules


def _load_cases(parts: Parts) -> None:
    _ = parts.registry, parts.deadlines, parts.tables.programmes, parts.tables.escalation


def _load_pages(parts: Parts) -> None:
    from pages.translation.translator import load_translator

    _ = parts.tables.retention, parts.tables.regions, parts.tables.services, load_translator()


def _load_points(parts: Parts) -> None:
    # The first look-up builds their index.
    parts.tables.points.district_at(0.0, 0.0)


def _load_console(_parts: Parts) -> None:
    from pages.translation.translator import CONSOLE_CATALOGS, load_translator

    _ = load_translator(), load_translator(CONSOLE_CATALOGS)


# In the order of loading: the language has the regions that pages need, too.
_STAGE_TABLES: Mapping[str, Sequence[Callable[[Parts], None]]] = {
    "normalize": (_load_cases, _load_language, _load_reading, _load_matchers),
    "router": (_load_cases, _load_language, _load_rules),
    "ingest": (_load_cases, _load_sms_reading, _load_pages, _load_points),
    "cases": (_load_cases,),
    "sinks": (_load_cases,),
    "desk": (_load_cases, _load_pages),
    "oversight": (_load_cases,),
    "monitor": (_load_cases, _load_console),
}
