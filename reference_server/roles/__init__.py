"""The roles of a node: gateway (connections, auth, fan-out), conversations (hosts partitions), presence.

Each role talks to the others only through ports; a contract keeps them independent.
"""
