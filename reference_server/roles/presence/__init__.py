"""Who is online: registers of sessions, shared over the bus, expiring with the node that wrote them. Sans-I/O.

May import: `protocol`, `ports`. Must never: store anything, or import another role.
"""
