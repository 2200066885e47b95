"""Exit codes of a process (sysexits.h), for the program that supervises it."""

# A temporary failure: start the process again.
EX_TEMPFAIL = 75
# A wrong setting or table: a new start would fail in the same way.
EX_CONFIG = 78
