"""The stories, a page each, as a library offers them."""
