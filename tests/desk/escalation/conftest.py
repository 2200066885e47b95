"""Fixtures of escalation: those of the pages."""

from tests.desk.pages.conftest import client, server, site

__all__ = ("client", "server", "site")
