"""Files to `Sample` to `Dataset`. What to use when.

- ``read``: name files, select, weigh, and make a `Sample` of what is left.
- ``assemble``: several samples as one `Dataset`, as models see it.
- ``files``: the columns and events of ROOT, Parquet and CSV files.
- ``describe``: what the columns of a table hold. ``sentinels``, ``units``: values that stand for "not there", units by the look of
  them; ``summaries``: what both go by, piece by piece.
- ``checks``: what can be wrong with events before any model sees them.
"""
