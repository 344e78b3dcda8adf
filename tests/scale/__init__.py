"""Whether every statement of both houses can run on one shard: where each table stands, how each statement is bound."""
