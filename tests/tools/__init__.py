"""Tool loops and conversations."""
