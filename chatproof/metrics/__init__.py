"""Every metric that the server and the load expose, declared once: name, kind, help, labels, buckets.

May import: nothing of ours. Must never: count anything.
"""
