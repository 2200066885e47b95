"""File with the addresses of the processes that `run` started."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.assembly.parts import Parts
from app.assembly.processes.address_file import (
    ADDRESS_FILE,
    desk_address,
    read_addresses,
    remove_addresses,
    write_addresses,
)
from config.settings import Settings

ADDRESSES = ("http://127.0.0.1:1710", "http://127.0.0.1:40001")


def test_commands_find_the_processes_that_run(tmp_path: Path) -> None:
    """The addresses are there while the supervisor runs, and gone afterwards."""
    path = tmp_path / "processes.json"
    before = read_addresses(path)
    write_addresses(path, ADDRESSES)
    while_running = read_addresses(path)
    remove_addresses(path)
    assert (before, while_running, read_addresses(path), path.exists()) == ((), ADDRESSES, (), False)


def test_commands_find_the_desk_of_the_processes_that_run(parts: Parts) -> None:
    """An invitation that is printed in another shell has the address of the service, unless the settings name one."""
    path = parts.settings.home / ADDRESS_FILE
    before = desk_address(parts.settings)
    write_addresses(path, ADDRESSES, "http://127.0.0.1:9000")
    while_running = desk_address(parts.settings)
    parts.core.settings = Settings.model_validate(parts.settings.model_dump() | {"desk_url": "https://meja.example"})
    assert (before, while_running) == ("http://127.0.0.1:1708", "http://127.0.0.1:9000")
    assert desk_address(parts.settings) == "https://meja.example"


def test_a_file_of_a_killed_supervisor_is_ignored(tmp_path: Path) -> None:
    """Its process is gone, so its addresses lead nowhere. Another service does not remove them."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = tmp_path / "processes.json"
    path.write_text(json.dumps({"supervisor": ended.pid, "addresses": ADDRESSES}))
    remove_addresses(path)
    assert (read_addresses(path), path.exists()) == ((), True)


@pytest.mark.parametrize("content", ["", "[", "{}", '{"supervisor": "x", "addresses": []}'])
def test_a_damaged_file_is_ignored(tmp_path: Path, content: str) -> None:
    """A write that was interrupted leaves no addresses."""
    path = tmp_path / "processes.json"
    path.write_text(content)
    assert read_addresses(path) == ()
