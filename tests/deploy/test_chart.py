"""The chart: every process of the plan, nothing open that no rule names, no value without an effect."""

import copy
import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.assembly.processes.plan import STAGES_BY_PROCESS
from config.settings import load
from release.image.root_folder import USER
from tests.conftest import missing
from tests.support.paths import ROOT

CHART = ROOT / "deploy" / "chart"
# What an operator must give; the addresses are invented.
REQUIRED: Mapping[str, Any] = {
    "image": {"repository": "registry.example.go.id/satu-pintu"},
    "publicUrl": "https://lapor.example.go.id",
    "trustedProxies": "10.42.0.0/16",
    "secretName": "satu-pintu",
    "kafka": {"bootstrap": "kafka-0.kafka:9093", "cidr": "10.1.0.0/24"},
    "database": {"cidr": "10.2.0.0/24"},
    "network": {"proxyNamespace": "ingress-nginx"},
}
# Other values where a string may not be any: what the schema allows besides.
_OTHERS: Mapping[str, Any] = {
    "image.pullPolicy": "Always",
    "publicUrl": "https://lain.example.go.id",
    "settings": {"SATUPINTU_PUBLIC_VIEW": "true"},
    "kafka.security": "SSL",
    "kafka.saslMechanism": "PLAIN",
    "kafka.cidr": "10.9.0.0/24",
    "database.cidr": "10.9.0.0/24",
    "network.providersCidr": "",
    "network.mailCidr": "10.9.0.0/24",
    # The monitor is one.
    "processes.monitor.replicas": None,
}
# A port of no address opens nothing.
_WITH: Mapping[str, Mapping[str, Any]] = {"network.mailPort": {"network": {"mailCidr": "10.9.0.0/24"}}}
_VERSIONS = ("1.29.0", "1.31.0", "1.33.0")
Render = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def helm() -> str:
    """Return the path of Helm; skip the test without it."""
    path = shutil.which("helm", path=f"{ROOT / '.helm'}{os.pathsep}{os.environ['PATH']}")
    if not path:
        missing("Helm: run `make helm` (needs Go)")
    return str(path)


@pytest.fixture(scope="module")
def render(helm: str) -> Render:
    """Return a function that renders the chart with these values, for a version of Kubernetes."""

    def render(values: Mapping[str, Any], version: str = _VERSIONS[0]) -> subprocess.CompletedProcess[str]:
        command = [helm, "template", "lapor", str(CHART), "--kube-version", version, "--values", "-"]
        return subprocess.run(command, input=yaml.safe_dump(values), capture_output=True, text=True, check=False)

    return render


@pytest.fixture(scope="module")
def objects(render: Render) -> Sequence[Mapping[str, Any]]:
    """Return the rendered objects."""
    rendered = render(REQUIRED)
    assert rendered.returncode == 0, rendered.stderr
    return [document for document in yaml.safe_load_all(rendered.stdout) if document]


def _of_kind(objects: Sequence[Mapping[str, Any]], kind: str) -> Mapping[str, Mapping[str, Any]]:
    return {entry["metadata"]["name"]: entry for entry in objects if entry["kind"] == kind}


def _pod(objects: Sequence[Mapping[str, Any]], process: str) -> Mapping[str, Any]:
    pod: Mapping[str, Any] = _of_kind(objects, "StatefulSet")[f"lapor-{process}"]["spec"]["template"]["spec"]
    return pod


def _merged(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(dict(values))
    for name, value in others.items():
        is_group = isinstance(value, Mapping) and isinstance(result.get(name), Mapping)
        result[name] = _merged(result[name], value) if is_group else value
    return result


def _at(path: str, value: Any) -> dict[str, Any]:
    """Return values with this one alone."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


_VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
_LEAVES = dict(_leaves(_VALUES))


def _other(path: str, value: Any) -> Any:
    """Return another value of the same kind."""
    if path in _OTHERS:
        return _OTHERS[path]
    if isinstance(value, int):
        return value + 1
    return "3Gi" if re.fullmatch(r"\d+[MG]i", value) else "other"


@pytest.mark.parametrize("path", [path for path in _LEAVES if _OTHERS.get(path, "") is not None])
def test_every_value_has_an_effect(render: Render, path: str) -> None:
    """A value that changes changes what is rendered, so nobody sets one in vain."""
    values = _merged(REQUIRED, _WITH.get(path, {}))
    before, after = render(values), render(_merged(values, _at(path, _other(path, _LEAVES[path]))))
    assert (before.returncode, after.returncode) == (0, 0), after.stderr
    assert before.stdout != after.stdout


@pytest.mark.parametrize("path", [path for path, _ in _leaves(REQUIRED)])
def test_nothing_is_rendered_without_a_required_value(render: Render, path: str) -> None:
    """A required value has no default, least of all a secret: without it Helm names it and renders nothing."""
    refused = render(_merged(REQUIRED, _at(path, "")))
    assert refused.returncode != 0
    assert f"'/{path.replace('.', '/')}'" in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize("group", ["", *(name for name, value in _VALUES.items() if isinstance(value, dict) and value)])
def test_an_unknown_value_is_refused(render: Render, group: str) -> None:
    """A misspelt value is an error, and not the default."""
    refused = render(_merged(REQUIRED, _at(f"{group}.replikas".lstrip("."), 2)))
    assert refused.returncode != 0
    assert "replikas" in refused.stderr


def test_a_setting_that_is_misspelt_is_refused(render: Render) -> None:
    """Names of settings begin as settings do."""
    assert render(_merged(REQUIRED, {"settings": {"PUBLIC_VIEW": "true"}})).returncode != 0


@pytest.mark.parametrize("version", _VERSIONS)
def test_helm_finds_no_fault(helm: str, render: Render, version: str, tmp_path: Path) -> None:
    """`helm lint` is strict, and each of three versions of Kubernetes gets the same objects."""
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(dict(REQUIRED)))
    command = [helm, "lint", "--strict", str(CHART), "--kube-version", version]
    command += ["--values", str(tmp_path / "values.yaml")]
    linted = subprocess.run(command, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout
    assert render(REQUIRED, version).stdout == render(REQUIRED).stdout


def test_every_process_of_the_plan_runs(
    objects: Sequence[Mapping[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each process has its stages, a budget of disruptions and a name; the settings are accepted, and it is probed."""
    sets = _of_kind(objects, "StatefulSet")
    assert set(sets) == {f"lapor-{name}" for name in STAGES_BY_PROCESS}
    assert set(_of_kind(objects, "PodDisruptionBudget")) == set(sets)
    monkeypatch.setenv("SATUPINTU_SECRETS_FOLDER", str(tmp_path))
    for name, stages in STAGES_BY_PROCESS.items():
        (container,) = _pod(objects, name)["containers"]
        assert container["args"] == ["run", *stages]
        for entry in container["env"]:
            if "value" in entry and entry["name"] != "SATUPINTU_SECRETS_FOLDER":
                monkeypatch.setenv(entry["name"], entry["value"])
        settings = load()
        port = {entry["name"]: entry["containerPort"] for entry in container["ports"]}["operations"]
        assert settings.ops_port_of(stages) == port
        assert [container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "liveness", "readiness")] == [
            {"path": path, "port": "operations"} for path in ("/startup", "/live", "/ready")
        ]
        pods = [f"lapor-{name}-{number}.lapor-{name}" for number in range(sets[f"lapor-{name}"]["spec"]["replicas"])]
        assert set(pods) <= set(settings.ops_names)
        assert {f"http://{pod}:{port}" for pod in pods} <= set(settings.peers)
        assert sets[f"lapor-{name}"]["spec"]["serviceName"] == f"lapor-{name}"


def test_no_container_has_rights(objects: Sequence[Mapping[str, Any]]) -> None:
    """Each runs as the user of the image, writes only to its volumes, and has no token of the cluster."""
    for name in STAGES_BY_PROCESS:
        pod = _pod(objects, name)
        assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"]) == (USER, True)
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_the_limits_are_those_of_the_document() -> None:
    """docs/capacity.md states the limits of each process, and says why."""
    section = (ROOT / "docs" / "capacity.md").read_text().partition("## Limits of a process")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.count("|") > 4
    ]
    documented = {row[0]: row[1:5] for row in rows[2:]}
    assert documented == {
        name: [str(process["replicas"]), str(process["cpu"]), process["memory"], process.get("storage", "none")]
        for name, process in _VALUES["processes"].items()
    }


def test_nothing_is_open_that_no_rule_names(objects: Sequence[Mapping[str, Any]]) -> None:
    """One policy selects every pod for both directions. Only doors and sinks reach providers, and the proxy 1708."""
    policies = _of_kind(objects, "NetworkPolicy")
    everyone = policies["lapor"]["spec"]
    assert set(everyone["policyTypes"]) == {"Ingress", "Egress"}
    for name in STAGES_BY_PROCESS:
        labels = _of_kind(objects, "StatefulSet")[f"lapor-{name}"]["spec"]["template"]["metadata"]["labels"]
        assert everyone["podSelector"]["matchLabels"].items() <= labels.items()
    assert [rule["ports"] for rule in everyone["ingress"]] == [[{"port": 1710}]]
    assert {port["port"] for rule in everyone["egress"] for port in rule["ports"]} == {1710, 53, 9093, 5432}
    assert not [
        rule for rule in (*everyone["egress"], *everyone["ingress"]) if not (rule.get("to") or rule.get("from"))
    ]
    (expression,) = policies["lapor-providers"]["spec"]["podSelector"]["matchExpressions"]
    assert expression["values"] == ["doors", "sinks"]
    (rule,) = policies["lapor-doors"]["spec"]["ingress"]
    assert rule["ports"] == [{"port": 1708}]
    assert rule["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "ingress-nginx"}


def test_the_chart_has_no_secret(objects: Sequence[Mapping[str, Any]]) -> None:
    """No Secret is rendered, and no variable of a container has the name of a secret setting."""
    assert _of_kind(objects, "Secret") == {}
    names = {entry["name"] for name in STAGES_BY_PROCESS for entry in _pod(objects, name)["containers"][0]["env"]}
    assert not {name for name in names if re.search(r"PASSWORD|TOKEN|SECRET_KEY|ROOT_KEYS|DATABASE_URL", name)}


def test_the_version_is_that_of_the_program() -> None:
    """Chart and program have one version."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (chart["version"], chart["appVersion"]) == (version, version)


def test_every_value_is_in_the_schema() -> None:
    """The schema closes each group, and requires each value: it has a default or is refused."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    del schema["properties"]["global"]  # Helm adds it
    assert dict(_leaves(_VALUES)).keys() == _paths(schema).keys()


def _paths(schema: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in schema["properties"].items():
        if "properties" in entry:
            assert entry["additionalProperties"] is False
            assert set(entry["required"]) == set(entry["properties"])
            found |= _paths(entry, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = entry
    return found
