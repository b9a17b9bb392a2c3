"""What a release says of itself, by the cheapest way that there is."""
