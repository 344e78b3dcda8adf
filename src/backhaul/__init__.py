"""Backhaul: the returns platform for cross-border marketplaces and their logistics partners."""

__version__ = "0.1.0"
