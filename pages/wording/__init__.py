"""Words of facts that several pages show, each once: states, kinds, dangers, times of storage."""
