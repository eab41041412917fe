"""A simulated OpenRouter: its catalogue, its accounts and what it answers."""
