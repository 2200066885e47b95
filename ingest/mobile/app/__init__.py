"""The app that browsers install from `/app/`: a client of the mobile interface, made of static files."""
