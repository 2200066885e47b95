"""Replies, sent by the real clients to providers on loopback that can be told to fail."""
