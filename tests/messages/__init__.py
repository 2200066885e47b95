"""Tests of the message shapes, ids, seals and schemas."""
