"""Drives a target: Locust as the control plane, a plane process per worker that owns the sockets and records.

Knows: profiles, the seeded schedule, drivers' sessions, history tables. May import: `checkers.history` (to write it),
`drivers`, `protocol`, `chaos` (to start a target). Must never: judge, peek into a server; import locust or gevent
outside locustfile.py and locust_*.py.
"""
