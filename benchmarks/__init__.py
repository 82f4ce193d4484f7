"""Benchmarks: how long the judge takes, and how much memory, on histories of a known size.

Knows: the tables of a history, the judge as a program. Must never: be imported by what it measures, or judge by itself.
"""
