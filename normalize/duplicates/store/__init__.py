"""Database of earlier complaints and of the keys under which later complaints look them up."""
