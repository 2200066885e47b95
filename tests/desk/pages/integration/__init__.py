"""Tests of the pages of webhooks and keys."""
