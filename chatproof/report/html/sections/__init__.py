"""The sections of a page, a module each: from a verdict and a history to figures and tables.

Know: verdicts, the judge's relations and samples. Must never: write HTML, or decide a result.
"""
