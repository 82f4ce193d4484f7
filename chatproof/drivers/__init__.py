"""How chatproof speaks to a chat service: one interface, one module per service.

Knows: the interface, the protocol of its service. May import: `protocol`. Must never: import a server's code,
open a socket in a session (sessions are sans-I/O), repair or alter what the service said.
"""
