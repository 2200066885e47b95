"""A real HTTP server that all tests of this folder share."""

from tests.accounts.conftest import open_desk, server

__all__ = ["open_desk", "server"]
