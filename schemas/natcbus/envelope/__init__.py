"""How a message is closed: ids, keys, signatures, seals, grants, the directory of public keys."""
