"""Implementations of the ports: `embedded` on SQLite and files, in one process. Must never: decide what a command means."""
