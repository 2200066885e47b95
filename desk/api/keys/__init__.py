"""Keys of agencies' programs, and the admission of their requests."""
