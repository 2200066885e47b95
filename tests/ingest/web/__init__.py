"""The web form, its JSON door and Open311."""
