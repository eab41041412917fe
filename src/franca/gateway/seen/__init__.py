"""What is seen of the gateway from outside: metrics, log, spans, the status page."""
