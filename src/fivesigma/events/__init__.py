"""Files to `Sample` to `Dataset`. What to use when.

- ``read``: name files, select, weigh, and make a `Sample` or a histogram of what is left. ``given`` answers misuse in words.
- ``assemble``: several samples as one `Dataset`, as models see it.
- ``checks``: what can be wrong with events before any model sees them. ``noticed``: what is seen while they are read.
- ``describe``: what the columns of a table hold. ``sentinels``, ``units``: values that stand for "not there", units by the look of
  them; ``summaries``: what both go by, piece by piece.

How it is done:

- ``source``: the seam between formats and all else. ``formats``: a source for each. ``files``: names, patterns and placeholders to
  sources. ``friends``, ``parameters``: further columns beside a source's own.
- ``selection``: what becomes of each event of a piece, ``selected``: what is left of it. ``missing``, ``absence``, ``usable``,
  ``cross_section``, ``identify``, ``blinding``: its parts.
- ``stream``: pieces to workers. ``collect``: pieces to one sample. ``streamed_histogram``: pieces to a histogram.
"""
