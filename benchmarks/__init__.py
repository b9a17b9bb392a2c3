"""What is measured; see the tox environments that begin with bench."""
