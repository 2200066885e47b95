"""How often a process looks for garbage in reference cycles."""

import gc

# New objects until the youngest ones are examined. With Python's 700, a batch of 200 messages would be examined 60
# times while it is in use. Messages leave few cycles behind.
_NEW_OBJECTS = 5_000


def exempt_loaded_objects() -> None:
    """Exempt what the process has loaded from all collections to come, and collect less often.

    Call it when modules and tables are loaded. A collection of everything would read all tables, and in a forked
    process copy the memory that it shares with the others.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
