"""Load generators against one echo server: what a message costs each of them, and whether they notice a stall.

Knows: the wire, the generators as programs. Must never: reach into a generator that is not ours, or be imported by one.
"""
