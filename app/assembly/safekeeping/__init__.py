"""Assembles what keeps the data of the service safe: the archive, the restore and the back-up."""
