"""Starts a real Prometheus for a test."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from bench.generated.alert_rules import FILE
from bench.generated.rule_definitions import JOB
from tests.monitor.metrics.conftest import tool
from tests.support.ports import free_port


class Prometheus:
    """A running Prometheus."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"

    def query_api(self, path: str) -> Any:
        """Return the data of an API answer; empty before the server is ready."""
        try:
            response = requests.get(f"{self._address}/api/v1/{path}", timeout=5)
        except requests.ConnectionError:
            return {}
        return response.json()["data"] if response.ok else {}

    def firing(self) -> list[dict[str, Any]]:
        """Return the firing alerts."""
        return [alert for alert in self.query_api("alerts").get("alerts", []) if alert["state"] == "firing"]


@contextmanager
def running(folder: Path, *ports: int, at_once: bool = False) -> Iterator[Prometheus]:
    """Run Prometheus with the runbook's configuration, but scrape these ports every second.

    With `at_once`, alerts fire without waiting for their `for` time.
    """
    program, port = tool("prometheus"), free_port()
    rules = folder / "rules.yml"
    rules.write_text(re.sub(r"for: \w+", "for: 0s", FILE.read_text()) if at_once else FILE.read_text())
    targets = [f"127.0.0.1:{target_port}" for target_port in ports]
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": targets}]}],
    }
    file = folder / "prometheus.yml"
    file.write_text(json.dumps(config))
    command = [program, f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield Prometheus(port)
        finally:
            process.terminate()
