"""Limits and budgets of keys and teams: reserved before a request, settled after it, released when it failed."""
