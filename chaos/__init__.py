"""Breaks things on purpose, and confirms both that they broke and that they were mended.

Knows: faults as data, seeded schedules, injectors, the processes of a local target, clients that talk meanwhile. May
import: `checkers.history` (to write what happened), `drivers.interface`, `backends`. Must never: judge, leave a fault
behind, call a fault done that no probe saw.
"""
