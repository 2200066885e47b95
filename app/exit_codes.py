"""Exit codes of a process (sysexits.h), for the program that supervises it."""

import os

import structlog

# A temporary failure: start the process again.
EX_TEMPFAIL = 75
# A wrong setting or table: a new start would fail in the same way.
EX_CONFIG = 78

_log = structlog.get_logger()


def end_hanging_process(call: str) -> None:
    """End the process at once: this call into kafka-python will never return. Nothing of it was committed."""
    _log.critical("kafka.deadline_passed", call=call)
    os._exit(EX_TEMPFAIL)
