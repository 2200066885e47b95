"""The only place where parts meet: assembly, and the `satupintu` command line."""
