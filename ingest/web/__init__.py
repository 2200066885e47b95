"""The web door: a form for people and its JSON twin."""
