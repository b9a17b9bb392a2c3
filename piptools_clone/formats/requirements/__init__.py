"""Requirements files, lines and markers."""
