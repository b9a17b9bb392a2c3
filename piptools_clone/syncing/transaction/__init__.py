"""Files swapped so that after any failure all is old or all is new."""
