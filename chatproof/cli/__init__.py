"""The command line: arguments in, one call, an exit code out. Knows every verb; must never hold logic of its own."""
