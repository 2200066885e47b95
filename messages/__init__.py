"""Messages between the stages: their shapes, the topic list, the codec and the ids. No I/O, no clock, no logging."""
