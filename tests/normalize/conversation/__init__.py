"""Tests of the dialogue between a sender and the service."""
