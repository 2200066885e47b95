"""The page that operations staff look at."""
