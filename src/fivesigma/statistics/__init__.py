"""Arrays to numbers. What to use when.

- ``weighted``: quantiles, cumulative fractions, efficiencies and effective numbers of weighted events, negative weights included.
- ``bootstrap``: the interval of any statistic of the events, by giving them Poisson multiplicities.
- ``significance``: how significant an excess is or would be: Asimov Z, approximate median significances.
- ``poisson``: exact intervals and limits for a counted number.
"""
