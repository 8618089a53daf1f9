"""Figures as functions of results. What to use when.

- ``registry``: ``plot(result)`` picks the figure by the type of the result; modules register theirs there.
- ``style``: what all figures share: the context at the top, colours, empty figures, saving, and the numbers drawn.
- ``curves``: ROC curves of several models. ``significance_improvement``, ``calibration``: the same of those.
- ``comparison``: differences between pairs of models.
- ``importance``, ``partial_dependence``: what models look at.
- ``sculpting``: the background before and after cuts, and the spurious signals of all models.
- ``correlations``: of inputs with each other, of scores with observables. ``mass_correlation``: of features with a mass.
- ``distributions``: scores by sample with data, training against out-of-fold.
- ``cuts``: figures of merit against the cut, single-variable scans.
- ``features``: shapes of the inputs. ``feature_samples``: the same by sample, stacked or as shapes.
  ``feature_panels``: what their panels have in common.
- ``mathematics``: whether what stands between dollars in a text can be set.
- ``scatter_matrix``: events in every pair of features.
- ``limits``, ``templates``: what inference gives. ``limit_planes``, ``limit_contours``: the same over a grid of signals.
- ``anomaly_significance``, ``anomaly_spectra``, ``anomaly_events``, ``anomaly_training``, ``anomaly_nulls``: a scan for an anomaly.
  ``anomaly_panels``: what they have in common.
"""
