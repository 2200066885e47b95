"""What a process runs for some of its stages. A process imports only the modules of its own stages."""
