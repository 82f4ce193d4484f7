"""What the server needs of the world, as Protocols: log, store, snapshots, bus, clock, connection, crash, host.

May import: `core` types. Must never: implement anything.
"""
