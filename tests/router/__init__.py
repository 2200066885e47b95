"""The router's decision and all that it rests on."""
