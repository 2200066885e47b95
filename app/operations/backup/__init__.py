"""Back-up and restore of the data folder of a service with the embedded bus, while it runs."""
