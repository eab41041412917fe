"""What travels to and from OpenRouter, where it goes beyond the wire that all servers share."""
