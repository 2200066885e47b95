"""The reference tables of a process. Each is loaded at its first use, and processes that are forked later share it."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from config.reference.folder import ReferenceFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cases.clocks.deadlines import Deadlines
    from config.reference.escalation import EscalationTable
    from config.reference.open311_services import Open311Services
    from config.reference.programmes import ProgrammeTable
    from config.reference.ratings import RatingTable
    from config.reference.regions import Regions
    from config.reference.reloading import ReloadingTables
    from config.reference.retention import RetentionTable
    from language.model import LanguageModel
    from language.places.points import VillagePoints
    from router.registry.registry import Registry
    from router.rules import Rules


class ReferenceTables:
    """Tables of the operator's folder, and the shipped table for each that the folder lacks.

    `max_reply_age`: a reply is sent up to this age.
    """

    def __init__(self, folder: Path, max_reply_age: timedelta) -> None:
        self.reference = ReferenceFolder(folder)
        self._max_reply_age = max_reply_age

    @cached_property
    def retention(self) -> RetentionTable:
        """The retention of each class of data. Raises `TableError`."""
        from app.operations.retention.table import checked_retention

        return checked_retention(self.reference, self._max_reply_age)

    @cached_property
    def deadlines(self) -> Deadlines:
        """The calendar of working days and the clocks of cases. Raises `TableError`."""
        from cases.clocks.deadlines import load_deadlines

        return load_deadlines(self.reference)

    @cached_property
    def programmes(self) -> ProgrammeTable:
        """The priority programmes. Raises `TableError`."""
        from config.reference.programmes import load_programmes

        return load_programmes(self.reference)

    @cached_property
    def ratings(self) -> RatingTable:
        """The formula by which institutions are rated. Raises `TableError`."""
        from config.reference.ratings import RATINGS, load_ratings

        return load_ratings(self.reference.table(RATINGS))

    @cached_property
    def escalation(self) -> EscalationTable:
        """Who hears of deadlines. Raises `TableError`."""
        from config.reference.escalation import ESCALATION, load_escalation

        return load_escalation(self.reference.table(ESCALATION))

    @cached_property
    def language_models(self) -> ReloadingTables[LanguageModel]:
        """The language model of normalizer and router, reloaded when operators edit it. Raises `TableError`."""
        from language.model import reloading_language_model

        return reloading_language_model(self.reference)

    @cached_property
    def reloading_rules(self) -> ReloadingTables[Rules]:
        """The routing rules, reloaded when operators edit them. Raises `TableError`."""
        from router.rules_loading import reloading_rules

        return reloading_rules(self.reference, self.language_models, self.registries)

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self.reloading_rules.current()

    @cached_property
    def registries(self) -> ReloadingTables[Registry]:
        """Agencies and units, reloaded when operators edit them. Raises `TableError` naming every fault."""
        from router.registry.registry_loading import reloading_registry

        return reloading_registry(self.reference)

    @property
    def registry(self) -> Registry:
        """The registry in force."""
        return self.registries.current()

    @cached_property
    def services(self) -> Open311Services:
        """Services of Open311. Raises `SettingsError` naming each fault of the operator's file."""
        from config.reference.open311_services import OPEN311_SERVICES, load_open311_services

        return load_open311_services(self.reference.table(OPEN311_SERVICES))

    @cached_property
    def topic_names(self) -> Mapping[str, str]:
        """Names of topics for persons, by id, in the order of the names. Raises `TableError`."""
        from router.evidence.topics import TOPICS, load_topic_names

        return load_topic_names(self.reference.table(TOPICS))

    @cached_property
    def regions(self) -> Regions:
        """Regions that citizens choose from. Raises `TableError`."""
        if "language_models" in vars(self):
            return self.language_models.current().regions
        from config.reference.regions import REGIONS, load_regions

        return load_regions(self.reference.table(REGIONS))

    @cached_property
    def points(self) -> VillagePoints:
        """Points of villages, by which a point of the map gets its district. Raises `TableError`."""
        if "language_models" in vars(self):
            return self.language_models.current().points
        from language.places.points import POINTS, load_points

        folder = self.reference
        return load_points(self.regions, folder.table(POINTS), is_shipped_beside=folder.has_shipped(POINTS))
