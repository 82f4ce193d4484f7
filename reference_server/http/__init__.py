"""The HTTP face on Litestar, its OpenAPI 3.1 generated from the types that it decodes with.

May import: roles, ports, `protocol`. Must never: decide; it asks the host.
"""
