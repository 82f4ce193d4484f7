"""The floor: the least that a durable fan-out server has to do on this wire, and the client that counts what it does.

Knows: the shape of the wire, picows, SQLite. Must never: import the reference server, or grow a feature.
"""
