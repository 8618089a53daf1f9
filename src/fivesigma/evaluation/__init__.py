"""Judgements of classifiers and their inputs, weighted everywhere, with intervals. What to use when.

How good is it?

- ``roc``: how well a score separates the classes, whatever the cut: ROC curve, AUC, background rejection. ``roc_points``: the curve
  alone; ``ranking``: the order of the events, from which replicas are quick.
- ``figures_of_merit``: what a cut on the score would bring: S/B, Asimov Z, approximate median significances.
  ``significance_improvement``: the same without a rate of the signal. ``working_points``: which of them chooses the cut.
- ``classification``: accuracy, precision, recall and F1 at a working point, and how many data events lie on either side.
- ``calibration``, ``binned_scores``: whether raw scores are the probabilities that they look like.

Is it better than another?

- ``comparison``: differences of AUC, significance improvement and Asimov Z on the same events, with a verdict. ``paired``: the influence
  of each event on a number, from which their intervals come.

Is it what it says?

- ``overtraining``: training events against out-of-fold events: the difference in AUC, and a test whether they are alike;
  ``estimator_gap``: of each estimator.
- ``score_scale``: whether a cut means the same in every fold.
- ``agreement``: where data and simulation differ.
- ``sculpting``: what a cut does to the background in an observable. ``spurious_signal``: what a fit would take that for.
  ``cut_histograms``: the histograms of both.
- ``correlation``: of inputs with each other. ``observable_dependence``: of scores and inputs with the observables kept from the models;
  ``observable_findings``: what is notable in it. ``mass_correlation``: of features with a mass that is searched for bumps, and which
  of them stay below a threshold.

What does it look at?

- ``importance``: the AUC that is lost without an input. ``importance_table``: all models side by side. ``input_groups``: which inputs
  stand in for each other. ``partial_dependence``: the mean score against one input. ``drawing``, ``dependence_grid``: on which events,
  and at which values.
- ``separation``, ``single_cuts``: what an input can do alone, which a classifier has to beat.
- ``input_checks``: inputs that are constant, never there, or tell the classes apart by themselves.

What they share

- ``distributions``, ``histograms``: weighted histograms of inputs and scores by sample, with data. ``scatter``: events in several
  inputs at once.
- ``yields``: what passes a cut, fold by fold. ``merits``: what that is worth. ``choice``: the best cut, chosen on other folds than it
  is read on.
- ``classes``: which events are signal and background. ``columns``: inputs and observables by name. ``methods``: how intervals were made.
"""
