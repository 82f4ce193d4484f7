"""Judging while the run goes on: what is broken already, of the guarantees that nothing later can repair.

Knows: history, guarantees and their relations. Must never: decide a verdict; that is for the judge of the whole.
"""
