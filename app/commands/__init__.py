"""Commands of `satupintu`, one module for each noun that an operator types. `app.cli` gives them their names."""
