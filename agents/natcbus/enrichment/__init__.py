"""What the bus adds to a message from its open part: always a machine assessment, never a fact."""
