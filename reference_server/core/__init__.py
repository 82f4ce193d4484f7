"""The fold and other pure state machines: `(state, record) → (state, outcomes)`.

May import: `protocol`, msgspec. Must never: await, sleep, log, read a clock, draw randomness, touch a socket, a file
or a database, or iterate a set.
"""
