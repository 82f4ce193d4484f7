"""Drivers without code: a service that speaks JSON, described by TOML templates and JMESPath expressions.

Knows: the description of one file. May import: the plain toolkit, JMESPath. Must never: run anything that a file says
beyond filling templates and evaluating expressions.
"""

from chatproof.drivers.declarative.dialect import read_declaration

__all__ = ["read_declaration"]
