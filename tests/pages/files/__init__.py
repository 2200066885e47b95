"""Files that come in: forms with files, and the structure of pictures."""
