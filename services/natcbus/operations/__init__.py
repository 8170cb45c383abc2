"""What a host runs around the hub: a broker for the demo, the topics, quarantine, the demo itself."""
