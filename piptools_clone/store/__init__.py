"""The cache on disk: entries, who may be believed, what they hold."""
