"""A property that is computed once, for objects that one thread uses."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class cached_property(Generic[T]):  # noqa: N801 - it replaces `functools.cached_property`
    """A property that is computed at its first use.

    `functools.cached_property` of Python 3.11 takes a lock for it, which costs more than most of the values here.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        """Take the name under which an object keeps the value."""
        self._name = name

    def __get__(self, instance: Any, _owner: type | None = None) -> T:
        """Return the value, which hides this method from then on."""
        value: T = self._compute(instance)
        instance.__dict__[self._name] = value
        return value
