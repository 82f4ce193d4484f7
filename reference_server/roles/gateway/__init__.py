"""Client sessions: who they are, what they ask, and what is pushed to them. Sans-I/O but for `reads` and `websocket`.

May import: `protocol`, `ports`, `core` commands. Must never: decide what a command means (the fold does), or import
another role.
"""
