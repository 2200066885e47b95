"""Parts of a process that reads messages: the normalizer, and the doors that answer as it does."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from app.assembly.core import Core
from app.assembly.keys import Keys
from app.assembly.reference_tables import ReferenceTables

if TYPE_CHECKING:
    from normalize.classification.classifier import Classifier
    from normalize.classification.danger import DangerReader
    from normalize.conversation.conversation import Conversation
    from normalize.conversation.preview import MessagePreview
    from normalize.duplicates.factory import MatcherSource
    from normalize.reader_table import ReaderTable
    from normalize.stage import NormalizeStage


class ReadingTables:
    """What reads messages by the tables. Processes that are forked later share it."""

    def __init__(self, core: Core, tables: ReferenceTables) -> None:
        self._core = core
        self._tables = tables

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier that sets messages aside which are no complaints."""
        from normalize.classification.factory import load_classifier

        return load_classifier(self._tables.reference, self._core.channels.without_kind_choice)

    @cached_property
    def danger_reader(self) -> DangerReader:
        """The recognition of danger to life in a text, for the normalizer and for hints at the doors."""
        from normalize.classification.factory import load_danger_reader

        return load_danger_reader(self._tables.reference)

    @cached_property
    def conversation(self) -> Conversation:
        """The part of the normalizer that attaches messages to reports of the same sender."""
        from normalize.conversation.conversation import Conversation, TraitsReaderSource

        readers = TraitsReaderSource(self._tables.language_models)
        return Conversation(readers, self._core.channels.without_kind_choice, self._tables.deadlines.may_object)

    @cached_property
    def matchers(self) -> MatcherSource:
        """The duplicate search of the language model in force. Raises `TableError`."""
        from config.reference.duplicate_weights import DUPLICATE_WEIGHTS, load_duplicate_weights
        from normalize.duplicates.factory import MatcherSource

        weights = load_duplicate_weights(self._tables.reference.table(DUPLICATE_WEIGHTS))
        return MatcherSource(self._tables.language_models, weights, self._core.secrets.duplicate_key)


class NormalizerParts:
    """The normalizer of one process. `readers` returns the readers of all channels."""

    def __init__(
        self,
        core: Core,
        keys: Keys,
        tables: ReferenceTables,
        reading: ReadingTables,
        readers: Callable[[], ReaderTable],
    ) -> None:
        self._core = core
        self._keys = keys
        self._tables = tables
        self._reading = reading
        self._readers = readers

    @property
    def readers(self) -> ReaderTable:
        """Readers of all channels."""
        return self._readers()

    @cached_property
    def stage(self) -> NormalizeStage:
        """The stage that turns arrivals into complaints."""
        from normalize.stage import NormalizeStage
        from sinks.public.queries import PublicReports

        regions = self._tables.language_models.current().regions
        return NormalizeStage(
            self._core.engine,
            self._keys.sealer,
            self.readers,
            self._tables.deadlines.may_object,
            regions,
            self._reading.matchers,
            self._reading.classifier,
            self._reading.danger_reader.danger,
            PublicReports(self._core.engine, self._core.now).open_complaint
            if self._core.settings.public_view
            else None,
            self._reading.conversation,
            self._keys.is_own_key_known,
        )

    @cached_property
    def preview(self) -> MessagePreview:
        """What the normalizer makes of a message, for doors that answer at once."""
        from normalize.arrival import ArrivalReader
        from normalize.conversation.preview import MessagePreview

        regions, danger = self._tables.language_models.current().regions, self._reading.danger_reader.danger
        reader = ArrivalReader(
            self._keys.sealer, self.readers, regions, self._reading.classifier, danger, self._reading.conversation
        )
        return MessagePreview(self._core.engine, self._keys.sealer, reader)
