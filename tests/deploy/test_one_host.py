"""The files for one host: compose, systemd and the secrets. Each setting that they name exists; none is a secret."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.exit_codes import EX_CONFIG
from config.settings import Settings, load
from release.image.archive import HEALTH
from release.image.root_folder import USER
from tests.conftest import missing
from tests.support.paths import ROOT

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd" / "satupintu.service"
# Exposure that `systemd-analyze` finds, in tenths: the comment of the unit states it.
_EXPOSURE = 11


@pytest.fixture(scope="module")
def compose() -> Mapping[str, Any]:
    """Return the compose file."""
    document: Mapping[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    return document


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """Return a folder of secrets, as the script makes it."""
    folder = tmp_path / "secrets"
    _make_secrets(folder)
    return folder


def _make_secrets(folder: Path, host: str = "postgres") -> None:
    environment = {**os.environ, "OWNER": str(os.geteuid()), "DATABASE_HOST": host}
    subprocess.run([DEPLOY / "secrets.sh", folder], check=True, env=environment)


def test_the_script_makes_each_secret(compose: Mapping[str, Any], secrets: Path) -> None:
    """The files are those of compose, nobody else reads them, and another run makes others."""
    assert {path.name for path in secrets.iterdir()} == set(compose["secrets"])
    assert {name: entry["file"] for name, entry in compose["secrets"].items()} == {
        name: f"./secrets/{name}" for name in compose["secrets"]
    }
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o600}
    password = (secrets / "POSTGRES_PASSWORD").read_text().strip()
    assert f"satupintu:{password}@postgres/" in (secrets / "SATUPINTU_DATABASE_URL").read_text()
    again = secrets.parent / "again"
    _make_secrets(again)
    assert not {path.read_text() for path in again.iterdir()} & {path.read_text() for path in secrets.iterdir()}
    assert subprocess.run([DEPLOY / "secrets.sh", again], check=False, capture_output=True).returncode != 0


def test_the_unit_hands_over_the_secrets(tmp_path: Path) -> None:
    """Without a host of a database the script makes the files of the unit, and no more."""
    _make_secrets(tmp_path / "secrets", host="")
    credentials = re.findall(r"^LoadCredential=(\w+):/etc/satupintu/secrets/(\w+)$", UNIT.read_text(), re.MULTILINE)
    assert {path.name for path in (tmp_path / "secrets").iterdir()} == {name for name, _ in credentials}
    assert [name for name, _ in credentials] == [file for _, file in credentials]


def test_the_service_takes_the_settings_of_compose(
    compose: Mapping[str, Any], secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment and the secrets of compose are settings, and the service accepts them."""
    service = compose["services"]["satupintu"]
    for name, value in service["environment"].items():
        monkeypatch.setenv(name, re.sub(r"^\$\{.*\}$", "https://lapor.example.go.id", value))
    (secrets / "POSTGRES_PASSWORD").unlink()
    monkeypatch.setenv("SATUPINTU_SECRETS_FOLDER", str(secrets))
    settings = load()
    assert (settings.bus, settings.kafka_bootstrap) == ("kafka", "kafka:9092")
    assert settings.database.startswith("postgresql://satupintu:")
    assert settings.secret_key.get_secret_value()
    assert settings.root_keys
    names = {f"SATUPINTU_{name.upper()}" for name in Settings.model_fields}
    assert {*service["environment"], *service["secrets"]} <= names


def test_every_container_is_limited(compose: Mapping[str, Any]) -> None:
    """Each has limits, a health check and a pinned image, starts again, and cannot gain rights."""
    for name, service in compose["services"].items():
        limits = service["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory", "pids"}, name
        assert service["healthcheck"]["test"], name
        assert re.search(r":\d[\d.]*$", service["image"]), name
        assert service["restart"] == "unless-stopped", name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    service = compose["services"]["satupintu"]
    assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], f"{USER}:{USER}")
    assert service["healthcheck"]["test"] == list(HEALTH)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert service["image"] == f"{project['name']}:{project['version']}"


def test_bus_and_database_are_reached_by_the_service_alone(compose: Mapping[str, Any]) -> None:
    """Neither has a port on the host or a way out, and the doors listen on loopback, for the proxy."""
    services = dict(compose["services"])
    assert services.pop("satupintu")["ports"] == ["127.0.0.1:1708:1708"]
    assert [service.get("ports") for service in services.values()] == [None, None]
    assert [service["networks"] for service in services.values()] == [["inside"], ["inside"]]
    assert compose["networks"]["inside"] == {"internal": True}
    subnet = compose["networks"]["outside"]["ipam"]["config"][0]["subnet"]
    proxies = compose["services"]["satupintu"]["environment"]["SATUPINTU_TRUSTED_PROXIES"]
    assert proxies == subnet.replace(".0/24", ".1")


def test_the_versions_are_those_that_are_tested(compose: Mapping[str, Any]) -> None:
    """Kafka and PostgreSQL are of the versions of the file for developers, which the tests run."""
    developers = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("kafka", "postgres"):
        assert compose["services"][name]["image"] == developers[name]["image"]


def test_the_unit_is_as_closed_as_it_says() -> None:
    """`systemd-analyze security` finds the exposure that the unit states."""
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        missing("no systemd-analyze on PATH (Debian's package systemd)")
    command = [str(analyze), "security", "--offline=true", "--no-pager", f"--threshold={_EXPOSURE}", str(UNIT)]
    rated = subprocess.run(command, check=False, capture_output=True, text=True)
    assert rated.returncode == 0, rated.stdout + rated.stderr
    assert f"level for satupintu.service: {_EXPOSURE / 10} OK" in rated.stdout
    assert f"rates it {_EXPOSURE / 10} of 10" in UNIT.read_text()


def test_the_unit_names_settings() -> None:
    """Each variable of the unit is a setting, and the code for wrong settings is not answered by another start."""
    variables = set(re.findall(r"^Environment=(SATUPINTU_\w+)=", UNIT.read_text(), re.MULTILINE))
    assert variables <= {f"SATUPINTU_{name.upper()}" for name in Settings.model_fields}
    assert "SATUPINTU_SECRETS_FOLDER" in variables

    assert f"\nRestartPreventExitStatus={EX_CONFIG}\n" in UNIT.read_text()
