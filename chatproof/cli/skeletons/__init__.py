"""What `chatproof init` lays into a folder: drivers that load and run, with a comment wherever your server may differ.

They are copied as they are; nothing imports them.
"""
