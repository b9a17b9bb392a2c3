"""Answers a compile from an earlier one that asked nobody and depended on nothing that has changed since."""
