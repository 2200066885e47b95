"""The rules of a folder, read again when an operator has changed a file there; a faulty edit changes nothing."""

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from config.settings import SettingsError
from router.rules import FILES, Rules, load_rules

_log = structlog.get_logger()


class RulesFolder:
    """See `router.rules.RulesSource`. Raises what `load` raises where the files can't be used at the start.

    Later a file that can't be used, and an institution more or less (its queue must exist before anything is sent
    there), are said in the log, and the rules stay as they were.
    """

    def __init__(self, folder: Path, load: Callable[[Path], Rules] = load_rules) -> None:
        self._folder = folder
        self._load = load
        self._stamp = self._stamped()
        self._rules = load(folder)

    def current(self) -> Rules:
        """The rules as the files say now."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            self._renew()
        return self._rules

    def _renew(self) -> None:
        try:
            rules = self._load(self._folder)
        except (SettingsError, OSError) as error:
            _log.error("rules.refused", version=self._rules.version, cause=str(error))
            return
        if other := rules.registry.agencies.keys() ^ self._rules.registry.agencies.keys():
            cause = f"start again for institutions more or less: {', '.join(sorted(other))}"
            _log.error("rules.refused", version=self._rules.version, cause=cause)
        elif rules.version != self._rules.version:
            _log.info("rules.changed", version=rules.version, before=self._rules.version)
            self._rules = rules

    def _stamped(self) -> Sequence[tuple[int, int]]:
        """When each file was changed, in nanoseconds, and its size in bytes; of one that is not there, nothing."""
        files = (self._folder / name for name in FILES)
        return [(stat.st_mtime_ns, stat.st_size) for file in files if file.exists() for stat in [file.stat()]]
