"""What to do, written once as generators without I/O; `core` says how they are driven."""
