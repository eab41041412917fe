"""Bytes in, bytes out: the way of a request to a server and of its answer back."""
