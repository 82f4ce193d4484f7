"""Whether a driver does what it says: two users and a handful of messages at its target, and every mistake by name.

Knows: the interface of drivers, the claims. May import: `drivers`, `protocol`, `chaos.cluster` and `backends` (to start
the target), the vocabulary of `checkers.history`. Must never: judge the target (that takes load and faults), import the
gate, know one driver from another.
"""
