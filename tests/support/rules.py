"""Reference tables of a folder, loaded once for all tests that need them."""

import gc
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import pytest

from config.reference.classification_phrases import CLASSIFICATION_PHRASES
from config.reference.danger_phrases import DANGER_PHRASES
from config.reference.folder import SHIPPED as SHIPPED_FOLDER
from config.reference.folder import ReferenceFolder, version_of
from config.reference.matter_terms import MATTER_FAULTS
from config.reference.slang import SLANG
from language.model import LANGUAGE_TABLES, LanguageModel, load_language_model
from language.words import WordReader
from messages.shapes import Channel
from normalize.classification.classifier import Classifier
from normalize.classification.danger import DangerReader
from normalize.classification.factory import load_classifier, load_danger_reader
from router.registry.agency_table import AGENCIES
from router.registry.name_resolver import NameResolver
from router.registry.registry import Registry
from router.registry.registry_loading import REGISTRY_TABLES, load_registry
from router.rules import Rules
from router.rules_loading import RULE_TABLES, load_rules
from tests.support.fixed_source import FixedSource
from tests.support.paths import SHIPPED_TABLES, SMALL_TABLES

SMALL = SMALL_TABLES
SHIPPED = SHIPPED_TABLES

_LANGUAGE_MODELS: dict[str, LanguageModel] = {}
_RULES: dict[str, Rules] = {}
_REGISTRIES: dict[str, Registry] = {}
_CLASSIFIERS: dict[tuple[str, frozenset[Channel]], Classifier] = {}
_DANGER_READERS: dict[str, DangerReader] = {}


def share_tables(patch: pytest.MonkeyPatch) -> None:
    """Let this process load equal language tables and equal rules once; neither changes."""
    patch.setattr("router.rules_loading.load_rules", shared_rules)
    for module in ("router.registry.registry_loading", "router.rules_loading"):
        patch.setattr(f"{module}.load_registry", shared_registry)
    for module in ("language.model", "router.rules_loading"):
        patch.setattr(f"{module}.load_language_model", cached_language_model)
    patch.setattr("normalize.classification.factory.load_classifier", shared_classifier)
    patch.setattr("normalize.classification.factory.load_danger_reader", shared_danger_reader)


def language_of(folder: Path = SHIPPED) -> LanguageModel:
    """Return the language model of a folder; folders with equal tables share it."""
    return cached_language_model(ReferenceFolder(folder))


def cached_language_model(reference: ReferenceFolder = SHIPPED_FOLDER) -> LanguageModel:
    """Return the language model of these tables as they are now. Equal tables are loaded once in a test process."""
    version = version_of(reference.digests(LANGUAGE_TABLES).values())
    if version not in _LANGUAGE_MODELS:
        _LANGUAGE_MODELS[version] = load_language_model(reference)
        # Garbage collections need not look at its million objects again.
        gc.freeze()
    return _LANGUAGE_MODELS[version]


def shared_rules(folder: ReferenceFolder, language: LanguageModel, registry: Registry | None = None) -> Rules:
    """Return the rules of these tables as they are now. Equal tables are loaded once in a test process."""
    if not folder.required_table(AGENCIES).exists():
        # The fault of a folder without agencies is told. Its other tables are the shipped ones.
        return load_rules(folder, language, registry)
    digests = {**folder.digests(RULE_TABLES), **language.digests, **(registry.digests if registry else {})}
    version = version_of(digests.values())
    if version not in _RULES:
        _RULES[version] = load_rules(folder, language, registry or shared_registry(folder, language.words))
    return _RULES[version]


def shared_registry(folder: ReferenceFolder, words: WordReader) -> Registry:
    """Return the registry of these tables as they are now. Equal tables are loaded once in a test process."""
    if not folder.required_table(AGENCIES).exists():
        return load_registry(folder, words)
    version = version_of(folder.digests((*REGISTRY_TABLES, SLANG)).values())
    if version not in _REGISTRIES:
        _REGISTRIES[version] = load_registry(folder, words)
    return _REGISTRIES[version]


def shared_classifier(reference: ReferenceFolder, without_kind_choice: Collection[Channel]) -> Classifier:
    """Return the classifier of these tables as they are now. Equal tables are loaded once in a test process."""
    key = (
        version_of(reference.digests((CLASSIFICATION_PHRASES, MATTER_FAULTS)).values()),
        frozenset(without_kind_choice),
    )
    if key not in _CLASSIFIERS:
        _CLASSIFIERS[key] = load_classifier(reference, without_kind_choice)
    return _CLASSIFIERS[key]


def shared_danger_reader(reference: ReferenceFolder) -> DangerReader:
    """Return the danger reader of these tables as they are now. Equal tables are loaded once in a test process."""
    version = version_of(reference.digests((DANGER_PHRASES,)).values())
    if version not in _DANGER_READERS:
        _DANGER_READERS[version] = load_danger_reader(reference)
    return _DANGER_READERS[version]


def registry_of(folder: Path) -> Registry:
    """Return the agencies and units of a folder as they are now."""
    return load_registry(ReferenceFolder(folder), language_of(folder).words)


def resolver_of(folder: Path) -> NameResolver:
    """Return the name resolver of a folder as it is now."""
    registry = registry_of(folder)
    return NameResolver(registry.institutions, registry.name_index, registry.units, language_of(folder))


def rules_of(folder: Path) -> Rules:
    """Return the rules of a folder as it is now."""
    return shared_rules(ReferenceFolder(folder), language_of(folder))


@lru_cache
def cached_rules(folder: Path) -> Rules:
    """Return the rules of a folder that does not change."""
    return rules_of(folder)


@lru_cache
def fixed_rules_source(folder: Path = SMALL) -> FixedSource[Rules]:
    """Return a source of these rules for a router."""
    return FixedSource(cached_rules(folder))
