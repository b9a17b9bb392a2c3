"""An environment on disk."""
