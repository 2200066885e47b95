"""Open311 GeoReport v2 for programs, in JSON and XML (https://wiki.open311.org/GeoReport_v2)."""
