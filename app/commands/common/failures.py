"""Errors of a command that a person can fix: the sentence and the exit code with which the process ends."""

from __future__ import annotations

import sqlite3

from app.commands.common.terminal import EX_UNAVAILABLE, stop
from app.exit_codes import EX_CONFIG


def stop_if_explained(error: Exception) -> None:
    """End the process with a sentence if the error has one. Return if it is a fault of the program."""
    from app.operations.not_possible import NotPossible
    from app.operations.review.set_aside import NotReleasable
    from app.simulator.replay import ReplayError
    from bus.errors import Retry, Stop
    from config.database import DatabaseUnavailable
    from config.settings import SettingsError
    from messages.codec import NewerVersionError

    if isinstance(error, NotPossible | NotReleasable):
        stop(str(error), 1)
    if isinstance(error, SettingsError | ReplayError | Stop | NewerVersionError):
        stop(str(error), EX_CONFIG)
    if isinstance(error, OSError | sqlite3.Error):
        stop(f"{type(error).__name__}: {error}. Check the data folder (SATUPINTU_HOME).", EX_UNAVAILABLE)
    if isinstance(error, Retry | DatabaseUnavailable):
        stop(f"The bus or the database cannot be reached: {error}. Check that it is running.", EX_UNAVAILABLE)
