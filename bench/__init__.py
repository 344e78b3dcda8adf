"""Benchmarks: the product's commands over HTTP against the same transaction on the bare driver, as ratios in one run."""
