"""Pages of an index: fetched, read in each form, and kept."""
