"""A word that very many cases have is looked for in the texts of the list."""

import pytest
from sqlalchemy import Engine, update

from config.database import read_transaction, write_transaction
from desk.read_model import search
from desk.read_model.queries import CaseFilter, read_page
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier
from tests.conftest import NOW
from tests.support.generated_cases import generate_cases


@pytest.mark.only_on("postgresql", "its index of words")
def test_a_capital_letter_beyond_ascii_is_found(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The columns are compared by bytes, but their letters are those of the server's locale."""
    monkeypatch.setattr(search, "_MAX_MATCHES", -1)
    generate_cases(engine, ["kota-3374"], 3, NOW)
    with write_transaction(engine) as connection:
        connection.execute(update(DeskCase).values(tab="new", title="Jalan ÉMERAUDE rusak"))
    with read_transaction(engine) as connection:
        assert len(read_page(connection, Tier("kota-3374"), CaseFilter(words="émeraude"), NOW, 50).rows) == 3
        assert not read_page(connection, Tier("kota-3374"), CaseFilter(words="saphir"), NOW, 50).rows
