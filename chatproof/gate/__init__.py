"""Orchestrates one run, from an empty directory to a verdict: target, links, load, faults, merge, judge.

Knows: every part's public face. Must never: judge by itself, import a server, leave a process behind.
"""
