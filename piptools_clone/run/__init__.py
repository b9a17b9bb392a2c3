"""What one run is made of, for all commands: inputs, settings, cache, index, and what an earlier run came to."""
