"""pip's own configuration, read and merged."""
