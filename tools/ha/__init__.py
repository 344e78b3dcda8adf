"""`./bh ha`: the houses on a PostgreSQL cluster whose leader is killed and cut off under load."""
