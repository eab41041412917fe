"""Structured output: the ladder, over sockets and scripted."""
