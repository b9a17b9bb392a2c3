"""The memo: what an earlier run came to, for a run that is sure to come to the same.

Law: an answer is given only if everything that it came from is as it was.  What cannot be told is another.
"""
