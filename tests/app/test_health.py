"""The health check of a container asks `/live` of the process that the same settings start."""

from collections.abc import Mapping

import pytest

from app.health import is_alive, live_address
from config.settings import Settings
from tests.support.ports import free_port


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://127.0.0.1:1710/live"),
        ({"SATUPINTU_PORT": "8080"}, "http://127.0.0.1:8082/live"),
        ({"SATUPINTU_OPS_PORT": "9000", "SATUPINTU_OPS_HOST": "0.0.0.0"}, "http://127.0.0.1:9000/live"),  # noqa: S104
        ({"SATUPINTU_OPS_HOST": "::"}, "http://[::1]:1710/live"),
        ({"SATUPINTU_OPS_HOST": "10.0.0.7"}, "http://10.0.0.7:1710/live"),
    ],
)
def test_the_address_follows_from_the_settings(
    environment: Mapping[str, str], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port is that of the settings of a whole service, and a wildcard is asked on loopback."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert live_address(environment) == address
    assert f":{Settings().ops_port_of(['monitor'])}/" in address


def test_nobody_lives_on_a_closed_port() -> None:
    """A port without a listener is no living process. `tests/release/test_image.py` asks a running service."""
    assert not is_alive(f"http://127.0.0.1:{free_port()}/live")
