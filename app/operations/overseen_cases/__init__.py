"""Cases for overseers: what the institution with the case may read, with words masked, and the recorded readings."""
