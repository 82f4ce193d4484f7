"""SLOs as code, the only place with thresholds, and what is generated from them.

May import: nothing of ours. Must never: judge.
"""
