"""Keys of callers: records, the ring that finds them in memory, and where they come from."""
