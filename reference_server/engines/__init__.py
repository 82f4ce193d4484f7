"""Implementations of the ports: `embedded` on SQLite and files. Must never: decide what a command means."""
