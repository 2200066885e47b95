"""Transport of bytes with keys and offsets, behind one port; two buses implement it. It knows no message shape."""
