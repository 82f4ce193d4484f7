"""Shows one run, or two beside each other, as a page: one file that opens without a network.

Knows: verdicts, and histories through the judge's relations and samples. Must never: compute a number that the judge
computes, or load anything from elsewhere.

`sections` turn a verdict and a history into `parts`; `charts` draw; `page` writes HTML; `report` puts them together.
"""
