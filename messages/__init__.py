"""What travels: the shapes, the topic list, the codec and the ids. Pure: no I/O, no clock, no logging."""
