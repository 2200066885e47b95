"""Parts that all commands share: the terminal, the arguments and the parts of this process."""
