"""Garbage collection of a process: when it looks for garbage, and among which objects."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects until the youngest ones are examined. With Python's 700, a batch of 200 messages would be examined 60
# times while it is in use. Messages leave few cycles behind.
_NEW_OBJECTS = 5_000
# The same for a command: more than its modules have, and these stay.
_NEW_OBJECTS_OF_A_COMMAND = 250_000


@contextmanager
def without_collections() -> Iterator[None]:
    """Look for no garbage in the body, and then exempt all objects of now from later collections.

    Use it to load modules and tables. Almost all of that stays, and looking at it again and again would take a third
    of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for garbage rarely in the body, a whole command, and not at all when the process ends after it.

    Looking at the modules while they load, and once more at the end, would take a third of a short command. So what has
    to be closed at the end is closed by whoever opened it.
    """
    gc.set_threshold(_NEW_OBJECTS_OF_A_COMMAND)
    try:
        yield
    finally:
        gc.freeze()


def exempt_loaded_objects() -> None:
    """Exempt what the process has loaded from all collections to come, and collect less often.

    Call it when modules and tables are loaded. A collection of everything would read all tables, and in a forked
    process copy the memory that it shares with the others.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
