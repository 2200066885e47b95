"""Plays written dialogues with citizens through the real doors and stages in one process."""
