"""The ledger: rows are written once in any order, and a number's way is read from them."""

from sqlalchemy import Engine


def test_migrates(engine: Engine) -> None:
    """Migrating an up-to-date database changes nothing."""
    from app.migrate import migrate

    migrate(engine)
