"""Backhaul: the returns platform for cross-border marketplaces and their logistics partners."""
