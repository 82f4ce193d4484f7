"""Judges histories: tables in, verdict out.

Knows: the tables of a run (`history`), the guarantees as SQL, evidence validity, verdicts, explanations.
May import: DuckDB, pyarrow, numpy, msgspec. Must never: import anything else of ours, talk to a server, read a clock.
"""
