"""One lock for many environments: a package is cut into parts only where a conflict needs it."""
