"""Opens and seals the comparable forms of complaints, each of them once in a batch."""

from uuid import UUID

from messages.sealing import Sealed, Sealer
from normalize.duplicates.comparable import Comparable, pack_comparable, unpack_comparable


class ComparableForms:
    """Comparable forms by complaint, open and sealed. The form of a complaint never changes.

    For one batch: it is decided again if another normalizer has decided meanwhile, and mostly by the same forms.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._opened: dict[UUID, Comparable] = {}
        self._sealed: dict[UUID, Sealed] = {}

    def open(self, complaint_id: UUID, sealed: str) -> Comparable:
        """Return the form of an earlier complaint. Raises `messages.sealing.UnsealError`."""
        comparable = self._opened.get(complaint_id)
        if comparable is None:
            comparable = unpack_comparable(self._sealer.open(Sealed(sealed), complaint_id))
            self._opened[complaint_id] = comparable
        return comparable

    def seal(self, complaint_id: UUID, comparable: Comparable) -> Sealed:
        """Return the stored form of a complaint of the batch."""
        sealed = self._sealed.get(complaint_id)
        if sealed is None:
            sealed = self._sealed[complaint_id] = self._sealer.seal(pack_comparable(comparable), complaint_id)
        return sealed
