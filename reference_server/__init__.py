"""A chat service that keeps every promise of the design: the proof that a green verdict is possible.

Layers, outermost first: `__main__` (composition root), `http` and `roles`, `engines`, `ports`, `core`. May import:
`chatproof.protocol`. Must never: know that it is under test, or anything of the harness.
"""
