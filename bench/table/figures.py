"""The figures of a run, and the file that keeps them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Self

# A `ratio` is a cost divided by another cost of the same run. Rates are better when higher, all others when lower.
Kind = Literal["ratios", "cpu_us_per_message", "cpu_ms", "delays_ms", "megabytes", "rates"]
KINDS: tuple[Kind, ...] = ("ratios", "cpu_us_per_message", "cpu_ms", "delays_ms", "megabytes", "rates")
_DIGITS = 4


class Figure(NamedTuple):
    """A measured number. The name is unique within its section."""

    kind: Kind
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Results:
    """All figures of a run by kind, and by their names: `section: name`."""

    scale: str
    versions: Mapping[str, str]
    reference_us: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    cpu_us_per_message: dict[str, float] = field(default_factory=dict)
    cpu_ms: dict[str, float] = field(default_factory=dict)
    delays_ms: dict[str, float] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)

    def add(self, section: str, figures: Iterable[Figure]) -> None:
        """Add the figures of a section."""
        for figure in figures:
            self.of_kind(figure.kind)[f"{section}: {figure.name}"] = _rounded(figure.value)

    def of_kind(self, kind: Kind) -> dict[str, float]:
        """Return the figures of a kind by name."""
        figures: dict[str, float] = getattr(self, kind)
        return figures

    def save(self, path: Path) -> None:
        """Write the results as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the results of a file. Raises `OSError`, and `TypeError` if it is from another version."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def section_of(name: str) -> str:
    """Return the section in the name of a figure of `Results`."""
    return name.partition(": ")[0]


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
