"""What can go wrong with a history.

    HistoryError            a history cannot be read or is not one; one sentence that names table, column and row
    └── SegmentError        a segment cannot be written, or its bytes are not what its header says
"""

from __future__ import annotations


class HistoryError(Exception):
    """The history cannot be used; the message is one precise sentence for a person."""


class SegmentError(HistoryError):
    """A segment cannot be written or read; the message names the segment."""
