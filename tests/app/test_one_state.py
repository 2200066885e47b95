"""Ledger, desk and oversight derive one state of each case, whatever officers, citizens and staff do."""

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from config.database import read_transaction
from messages.shapes import MERGED, Relation
from tests.app.test_one_outcome import STEPS, Country
from tests.chaos.facts import desk_states, ledger_states, oversight_states
from tests.router.test_linked import id_of


class Town(Country):
    """A country in which agencies ask more often, and staff merges reports as those of one sender, too."""

    def step(self) -> None:
        """Let something happen."""
        if len(self.hops) > 1 and self.chance.random() < 1 / 3:
            self.chance.choice((self.merge_repeat, self.merge, self.split, self.split, self.write))()
        super().step()

    def merge_repeat(self) -> None:
        """Let a person merge a report into another one of the same sender."""
        number, root = self.chance.sample(list(self.hops), 2)
        self._correct(number, Relation(kind="repeat", of=id_of(root), evidence=(MERGED,)), None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_case_has_one_state(parts: Parts, engine: Engine, seed: int) -> None:
    """Also after merges and splits in any order."""
    town = Town(parts, engine, seed)
    for _ in range(STEPS):
        town.step()
    town.read_all()
    with read_transaction(engine) as connection:
        in_ledger = ledger_states(connection, [id_of(number) for number in town.hops])
        at_desk, in_oversight = desk_states(connection), oversight_states(connection)
    different = {id_: (state, in_ledger.get(id_)) for id_, state in at_desk.items() if in_ledger.get(id_) != state}
    assert different == {}
    assert {id_: (s, in_ledger.get(id_)) for id_, s in in_oversight.items() if in_ledger.get(id_) != s} == {}
