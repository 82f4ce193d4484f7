"""Named relations that the guarantees share, each defined once: time, sightings, membership, observers, presence.

Knows: history tables. Must never: accuse; a relation says what is so, a guarantee what must not be.
"""
