"""What every implementation of a port keeps, written against the promises and not against one of them."""
