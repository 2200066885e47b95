"""A receiver on loopback, and the webhooks on each kind of database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.desk.webhooks.harness import Harness
from tests.desk.webhooks.receiver import Receiver
from tests.support.loopback import serving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver by http."""
    with serving(Receiver()) as loopback_receiver:
        yield loopback_receiver


@pytest.fixture
def harness(engine: Engine) -> Harness:
    """Webhooks on each kind of database."""
    return Harness(engine)
