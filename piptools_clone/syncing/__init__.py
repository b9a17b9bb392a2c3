"""Make an environment equal to its lock."""
