"""Tests of the restore from an archive."""
