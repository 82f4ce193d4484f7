"""Scenarios as values: target, load, fault schedule, guarantees, SLOs and bounds of one kind of run.

Knows: profiles and fault data. May import: `loadtests.profiles`, `chaos.faults`, `checkers.history.vocabulary`.
Must never: run anything.
"""
