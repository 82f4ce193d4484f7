"""Says what the judge found: terminal, Markdown, JUnit XML, JSON with a schema.

Knows: verdicts. Must never: decide one.
"""
