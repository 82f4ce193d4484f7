"""The HTTP face: Litestar, OpenAPI 3.1 generated from the types that are decoded with. Must never: decide; it asks the host."""
