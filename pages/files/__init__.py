"""Files that doors and pages take in: forms with files, pictures cleaned of metadata, and the space of all files."""
