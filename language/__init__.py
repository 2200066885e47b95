"""Reads what people write: letters, words in normal form, known phrases and names of places. Makes no decisions."""
