"""The web's door for machines: Open311 GeoReport v2, in JSON and XML (https://wiki.open311.org/GeoReport_v2)."""
