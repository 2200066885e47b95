"""What a process imports and loads for its stages before it forks or starts."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.stage_names import STAGES
from tests.support.ports import free_port

_LOAD_AND_RUN = """
import json, sys, threading
from app.commands.common.process import open_parts
from app.assembly.startup.loading import load
stages = sys.argv[1].split(",")
with open_parts() as parts:
    load(parts, stages)
    loaded, tables = set(sys.modules), sorted({**vars(parts.tables), **vars(parts.reading)})
    from app.assembly.service import Service
    service = Service(parts, stages)
    threading.Timer(4, service.stop).start()
    code = service.run()
later = sorted(set(sys.modules) - loaded)
print(json.dumps({"code": code, "loaded": sorted(loaded), "tables": tables, "later": later}))
"""
# Packages of others that most stages do not need.
DOOR_PACKAGES = {"tweepy", "twilio", "fastapi", "PIL", "jinja2"}
OTHER_SERVERS = {"kafka", "psycopg", "alembic", "mako"}


pytestmark = pytest.mark.only_on("sqlite", "without the driver of a server")


@pytest.fixture
def environment(database_settings: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder with a migrated database, on the embedded bus."""
    assert not database_settings, "the database is a file in the data folder"
    for name, value in {
        "HOME": str(tmp_path),
        "PORT": str(free_port()),
        "DESK_PORT": str(free_port()),
        "OPS_PORT": str(free_port()),
        "X_BASE_URL": f"http://127.0.0.1:{free_port()}",
        "LOG_LEVEL": "error",
    }.items():
        monkeypatch.setenv(f"SATUPINTU_{name}", value)


def load_and_run(*stages: str) -> Any:
    """Load and run stages in a process of their own. Return its modules before and after the start, and its tables."""
    command = [sys.executable, "-c", _LOAD_AND_RUN, ",".join(stages)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("stage", "unneeded_packages", "unneeded_modules", "unneeded_tables"),
    [
        ("normalize", DOOR_PACKAGES, {"router.stage", "desk", "oversight", "monitor.console"}, {"reloading_rules"}),
        ("router", DOOR_PACKAGES, {"normalize.stage", "desk", "oversight", "sinks"}, {"matchers", "classifier"}),
        (
            "sinks",
            DOOR_PACKAGES - {"PIL"},
            {"normalize.stage", "router.stage", "language.places", "ingest.web.door"},
            {"language_models", "reloading_rules", "matchers"},
        ),
        (
            "oversight",
            DOOR_PACKAGES,
            {"normalize.stage", "router.stage", "language.places", "desk.pages"},
            {"language_models", "reloading_rules", "matchers"},
        ),
        ("desk", {"tweepy", "twilio"}, {"normalize.stage", "router.stage"}, {"language_models", "reloading_rules"}),
        ("monitor", {"tweepy", "twilio"}, {"normalize.stage", "router.stage"}, {"language_models", "reloading_rules"}),
        ("ingest", set(), {"normalize.stage", "router.stage"}, {"reloading_rules", "matchers"}),
    ],
)
def test_a_stage_has_what_it_needs_and_no_more(
    stage: str, unneeded_packages: set[str], unneeded_modules: set[str], unneeded_tables: set[str]
) -> None:
    """A stage that runs alone has no packages, modules and tables of others, and no client of an unused server."""
    result = load_and_run(stage)
    modules = {*result["loaded"], *result["later"]}
    assert result["code"] == 0
    assert not {module.partition(".")[0] for module in modules} & {*unneeded_packages, *OTHER_SERVERS}
    assert not modules & unneeded_modules
    assert not set(result["tables"]) & unneeded_tables


@pytest.mark.usefixtures("environment")
def test_everything_is_imported_before_the_fork() -> None:
    """What a process imports after the fork is in no memory that it shares."""
    result = load_and_run(*STAGES)
    ignored = ("encodings.", "requests.packages", "_argon2", "netrc", "pyexpat.")
    assert [module for module in result["later"] if not module.startswith(ignored)] == []
    assert {"language_models", "reloading_rules", "matchers", "registries"} <= set(result["tables"])
