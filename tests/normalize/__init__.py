"""Tests of the normalizer: readers, entities, classification and duplicates."""
