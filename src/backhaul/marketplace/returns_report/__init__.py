"""The returns report: its columns, what can be asked of it, its table, and the worker that makes the files."""
