"""What moves: the Faust application, its acknowledgement discipline, its settings and its health."""
