"""What travels: typed windows on the dicts that servers send, and builders for what is sent."""
