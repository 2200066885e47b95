"""The commands of `satupintu`, a module for what belongs together; `app.cli` gives them their names."""
