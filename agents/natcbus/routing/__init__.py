"""What decides who gets a message: pure functions of the message and one version of the Network."""
