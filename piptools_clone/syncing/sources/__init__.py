"""Whether what an address leads to is still what was installed from there."""
