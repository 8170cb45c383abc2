"""The command ``natcbus``: one module per group of commands."""
