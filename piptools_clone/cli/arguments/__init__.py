"""From the words of a command line, or the keys of a configuration file, to a request."""
