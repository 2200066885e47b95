"""How people write: letters, words in their normal form, known phrases, names of places. Decides nothing."""
