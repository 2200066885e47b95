"""What operations staff look at. Reads; never writes complaints."""
