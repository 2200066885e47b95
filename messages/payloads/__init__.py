"""Contents of arrivals: parsed by the door that answers the sender, and by the reader that makes a complaint."""
