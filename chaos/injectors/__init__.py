"""One module per way of breaking something; each applies, confirms, shows the effect, undoes and confirms again.

Knows: links, the cluster, probes. May import: the other modules of `chaos`. Must never: decide when, retry a start,
or return from `stop` while something is still broken.
"""
