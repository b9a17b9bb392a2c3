"""Pure values: no disk, no network, no process.  Imports `packaging` only."""
