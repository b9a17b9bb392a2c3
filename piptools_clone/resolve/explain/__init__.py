"""Why there is no solution, in words."""
