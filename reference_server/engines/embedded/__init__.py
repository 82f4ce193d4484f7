"""The embedded engine: SQLite log (WAL, group commit, synchronous=FULL), SQLite store, snapshot files."""
