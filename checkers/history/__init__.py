"""The history of a run: its tables and vocabulary, how they are written (segments) and merged (Parquet).

Knows: table and column names, types, enumerations, the run document. May be imported by whoever writes a history.
Must never: judge one.
"""
