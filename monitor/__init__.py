"""Views of the running service for operations staff. This package only reads; it never writes complaints."""
