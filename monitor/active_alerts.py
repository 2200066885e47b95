"""Since when each thing needs a person: what is remembered from look to look."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from messages.channels import ChannelDirectory
from messages.shapes import Moment, Shape
from monitor.alert_conditions import Urgency, concerns
from monitor.snapshot import Snapshot

# What nobody can know of while the bus or the database is away.
_SEEN_ON = {
    "bus": ("dead-letters", "door-silent", "flood", "quarantine", "spool-waiting", "stage-behind", "stage-stopped"),
    "database": ("agency-overdue", "triage-waiting"),
}


class Standing(Shape):
    """A concern, and since when it stands."""

    name: str
    subject: str
    urgency: Urgency
    says: str
    since: Moment


class Register:
    """Remembers since when each concern stands."""

    def __init__(self, channels: ChannelDirectory) -> None:
        self._channels = channels
        self._since: dict[tuple[str, str], datetime] = {}

    @property
    def known(self) -> AbstractSet[tuple[str, str]]:
        """Name and subject of all that stands, and of what stood when it was seen last, where it can't be seen."""
        return self._since.keys()

    def stand(self, snapshot: Snapshot) -> tuple[Standing, ...]:
        """What needs a person at this look; what is gone and comes again begins anew.

        What can't be seen is not gone.
        """
        found = concerns(snapshot, self._channels)
        # A clock that was set back: nothing stands since a moment that is still to come.
        stands = {one[:2]: min(self._since.get(one[:2], snapshot.at), snapshot.at) for one in found}
        hidden = {name for place in snapshot.away for name in _SEEN_ON.get(place, ())}
        self._since = {key: since for key, since in self._since.items() if key[0] in hidden} | stands
        return tuple(Standing(**one._asdict(), since=self._since[one[:2]]) for one in found)
