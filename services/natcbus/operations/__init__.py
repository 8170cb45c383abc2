"""What a host runs: broker, topics, keys, quarantine, demo."""
