"""What exists: pages, files and metadata of the places that pip is configured for."""
