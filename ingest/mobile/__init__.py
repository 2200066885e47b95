"""Mobile door: registration, reports, file uploads and feed of the app."""
