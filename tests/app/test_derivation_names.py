"""The names by which the monitor and the act of forgetting ask for derivations are those that run."""

import pytest

from app.assembly.derivation_names import derivation_names
from app.assembly.parts import Parts
from app.assembly.stages import cases


@pytest.mark.parametrize("is_public", [False, True])
def test_the_names_are_those_of_the_derivations(parts: Parts, *, is_public: bool) -> None:
    """With a public view and without one."""
    parts.core.settings = parts.settings.model_copy(update={"public_view": is_public})
    names = [derivation.name for derivation in cases.derivations(parts)]
    assert sorted(names) == sorted(derivation_names(parts.settings))
