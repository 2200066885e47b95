"""The SMPP door, at an SMSC on loopback."""
