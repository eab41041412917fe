"""From the model that a caller names to the servers that are asked, in order; which of them rest; how they are."""
