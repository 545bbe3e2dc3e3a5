"""Benchmarks: what the service does in a second, beside what the machine does at best.

The method stands in docs/decisions/0060-benchmarks.md.
"""
