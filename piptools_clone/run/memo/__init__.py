"""What an earlier run came to, where this one is sure to come to the same."""
