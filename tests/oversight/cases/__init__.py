"""Reading of single cases by overseers."""
