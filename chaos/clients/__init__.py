"""Chat clients on trio and `websockets`: a second implementation of the wire, whose word counts against the first.

Knows: the reference wire as docs/PROTOCOL.md has it, rows of a history. May import: nothing else of ours but
`checkers.history`. Must never: use or trust `protocol`, judge what it recorded, hide what arrived from the record.
"""
