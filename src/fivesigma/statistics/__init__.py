"""Arrays to numbers. What to use when.

- ``weighted``: quantiles, cumulative fractions, efficiencies and effective numbers of weighted events, negative weights included.
- ``bootstrap``: the interval of any statistic of the events, by giving them Poisson multiplicities.
- ``differences``: whether a difference is more than the luck of the events, of training, of the seed and of many comparisons.
- ``two_samples``: whether two disjoint weighted samples are of one distribution.
- ``agreement``: whether counts agree with an expectation that is itself uncertain.
- ``dependence``: Pearson, Spearman and distance correlation of weighted events.
- ``conditional_quantiles``: features as their quantiles among events of the same mass, and back, which decorrelates them from it;
  ``quantile_curves``: quantiles of one quantity as smooth functions of the mass.
- ``histograms``: merged bins, and how far two shapes are apart. ``two_templates``: fits of two templates to one.
- ``significance``: how significant an excess is or would be: Asimov Z, approximate median significances.
- ``trial_factors``: from a local p-value to a global one.
- ``marginal_counts``: p-values of few counts over backgrounds that a fit predicts.
- ``poisson``: exact intervals and p-values for counted numbers; ``poisson_limits``: exact CLs limits.
- ``on_off_likelihood``: counts whose background was counted off the signal: test statistics and intervals of the signal.
- ``asymptotic_limits``: CLs limits from it, for many events; ``asymptotic_cls``: CLs and its bands from any test statistic of upper
  limits. ``bands``: the places of an expected band. ``roots``: of many rising functions at once.
- ``quadrature``: the one sum of independent uncertainties. ``requirements``: says which of many numbers is wrong.
"""
