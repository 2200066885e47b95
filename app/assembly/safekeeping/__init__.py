"""Assembles what keeps the data of the service safe: the archive, the restore, the back-up and the forgetting."""
