"""Open311 GeoReport v2 of an agency's own cases."""
