"""The driver of the reference server: claims, start command, provisioning, and sessions over `protocol`."""

from chatproof.drivers.reference.driver import ReferenceDriver

__all__ = ["ReferenceDriver"]
