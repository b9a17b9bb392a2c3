"""This process and its helpers: signals, loading in stages, a second process, threads that wait for one another."""
