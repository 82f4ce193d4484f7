"""The wire format `chat.v1+json` and the client half of it, as data and pure state machines.

Knows: frames, limits, error codes, cursors, the sans-I/O client. May import: the standard library's pure
parts, msgspec, xxhash. Must never: import anything else of ours, open a socket, read a clock, draw a random number.
"""
