"""What moves: the Faust agent, its acknowledgement window, admission, narrowing, health."""
