"""The world around the commands: hooks, examples, and the real tools that read what they write."""
