"""The checks, one function each: it does something on the bench and says how it ended.

Knows: the bench, outcomes. May import: nothing else of ours but the driver interface and the vocabulary of claims.
Must never: open a link by itself, go on where a `DriverError` came up (whoever runs it names that).
"""
