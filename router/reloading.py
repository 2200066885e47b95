"""The rules of a folder, read again when an operator has changed a file there; a faulty edit changes nothing."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from router.rules import FILES, Rules, load_rules

_log = structlog.get_logger()


class ReloadingRules:
    """See `router.rules.RulesSource`. Raises what `load` raises where the files can't be used at the start.

    Later a file that can't be used or is gone, and an institution more or less (its queue must exist before anything is
    sent there), are said in the log, and the rules stay as they were.
    """

    def __init__(self, folder: Path, load: Callable[[Path], Rules] = load_rules) -> None:
        self._folder = folder
        self._load = load
        self._stamp = self._read = self._stamped()
        self._rules = load(folder)

    def current(self) -> Rules:
        """The rules as the files say now."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            # Some editors take a file away before they put it back: what is shipped is not meant meanwhile.
            if gone := [name for name in FILES if name in self._read and name not in stamp]:
                self._refused(f"no longer there: {', '.join(gone)}; start again to route without")
            else:
                self._renew(stamp)
        return self._rules

    def _renew(self, stamp: Mapping[str, tuple[int, int]]) -> None:
        try:
            rules = self._load(self._folder)
        except Exception as error:  # noqa: BLE001 - whatever an edit breaks, routing goes on
            self._refused(str(error) or type(error).__name__)
            return
        if other := rules.registry.agencies.keys() ^ self._rules.registry.agencies.keys():
            self._refused(f"start again for institutions more or less: {', '.join(sorted(other))}")
            return
        self._read = stamp
        if rules.version != self._rules.version:
            _log.info("rules.changed", version=rules.version, before=self._rules.version)
            self._rules = rules

    def _refused(self, cause: str) -> None:
        _log.error("rules.refused", version=self._rules.version, cause=cause)

    def _stamped(self) -> Mapping[str, tuple[int, int]]:
        """When each file that is there was changed, in nanoseconds, and its size in bytes."""
        found = {}
        for name in FILES:
            with suppress(OSError):
                stat = (self._folder / name).stat()
                found[name] = (stat.st_mtime_ns, stat.st_size)
        return found
