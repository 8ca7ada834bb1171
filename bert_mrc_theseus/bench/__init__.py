"""Benchmarks: commands that compare in one run, on the same texts and weights, and write down how."""
