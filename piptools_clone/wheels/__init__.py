"""A wheel checked, unpacked and kept."""
