"""PubGrub over bit sets: no I/O, standard library only, no knowledge of Python packaging."""
