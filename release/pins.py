"""The pinned versions of a constraints file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)(?: *; *([^\\]+?))? *\\?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pin:
    """A distribution at one version. `marker` is the environment in which it is installed; empty for all."""

    name: str
    version: str
    marker: str


def pins(constraints: str) -> Sequence[Pin]:
    """Return the pins of a constraints file as `make lock` writes it, in its order."""
    return [Pin(name, version, marker or "") for name, version, marker in _PIN.findall(constraints)]
