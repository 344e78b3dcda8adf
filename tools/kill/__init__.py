"""Kills a served house, and PostgreSQL beneath it, while programs use it."""
