"""Joins the solver to the index."""
