"""chatproof: does a chat service keep its promises, at this load, under these faults?

The package root holds nothing but the version; every part is a sub-package with one sentence of purpose
in its own docstring. `reference_server`, `loadtests`, `chaos`, `checkers` and `dashboards` are links to
the folders of the same name at the top of the repository.
"""

__version__ = "0.1.0"
