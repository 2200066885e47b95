"""The canary: invented persons whose data are looked for in every place of a service, by the list in the docs."""
