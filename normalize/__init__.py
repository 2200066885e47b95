"""Reads raw messages, cleans them, and decides once whether each is a new complaint or belongs to an earlier one."""
