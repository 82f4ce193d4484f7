"""The process that owns the sockets of a load worker: connects, acts on the schedule, records all it does and sees.

Knows: one plan, its own users, the driver's sessions, the coordinator's socket. Must never: import locust or gevent,
judge, peek into a server.
"""
