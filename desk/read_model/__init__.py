"""Read model of the desk: tables that are derived from topics only, and can be rebuilt from them."""
