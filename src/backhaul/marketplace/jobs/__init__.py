"""Long work: exports, decisions about many returns, back-tests, imports. Asked for now, done beside the rounds, fetched later."""
