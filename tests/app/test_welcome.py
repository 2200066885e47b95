"""Addresses that a process prints: no password in one of them is printed."""

import pytest

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.simulator.replay import Replay, ReplayError
from app.surroundings import system_surroundings
from app.welcome import welcome
from config.settings import Settings


@pytest.fixture
def parts(settings: Settings) -> Parts:
    """Parts of a process whose X has a password in its address."""
    return Parts(
        settings.model_copy(update={"x_base_url": "https://user:sandi-x@x.contoh.id"}), CHANNELS, system_surroundings()
    )


def test_the_welcome_has_no_password(parts: Parts) -> None:
    """The first lines of a process name the host of X and no password."""
    text = welcome(parts)
    assert "mentions are read from x.contoh.id" in text
    assert "sandi-x" not in text


def test_a_refused_replay_has_no_password(parts: Parts) -> None:
    """The error of a replay to an X on another machine names the setting and no password."""
    with pytest.raises(ReplayError, match="SATUPINTU_X_BASE_URL is not on this machine") as caught:
        Replay(parts, ["twitter"], lambda: None).run([])
    assert "sandi-x" not in str(caught.value)
