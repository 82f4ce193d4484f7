"""Deliberately broken servers: each a real bug of a real system, composed over the healthy server in at most 40 lines.

May import: `reference_server`. Must never: be imported by it; a server has no branch that knows it is under test.
"""
