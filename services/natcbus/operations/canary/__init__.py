"""A message that goes round each minute, and says when it did not come back."""
