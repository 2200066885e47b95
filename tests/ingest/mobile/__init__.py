"""The app's door, through real sockets."""
