"""How messages travel: bytes, keys and offsets; it does not know what they mean."""
