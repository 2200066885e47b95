"""A source of tables for tests."""

from typing import Generic, TypeVar

Value_co = TypeVar("Value_co", covariant=True)


class FixedSource(Generic[Value_co]):
    """A source whose value never changes: `config.reference.reloading.Source`."""

    def __init__(self, value: Value_co) -> None:
        self._value = value

    def current(self) -> Value_co:
        """Return the value."""
        return self._value
