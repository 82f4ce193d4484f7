"""Real servers that a run needs, as plain processes: obtained, cached, started, waited for, stopped.

Knows: how each is built and when it is ready. Must never: run one that is not pinned, or leave one running.
"""
