"""Where usage, keys and requests are kept: SQLite or Postgres behind one interface."""
