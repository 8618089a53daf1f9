"""Judgements of classifiers and their inputs, weighted everywhere, with intervals. What to use when.

- ``roc``: how well a score separates the classes, whatever the cut: ROC curve, AUC, background rejection.
- ``classification``: accuracy, precision, recall and F1 at a working point, and how many data events pass it.
- ``figures_of_merit``: what a cut on the score would bring: S/B, Asimov Z, approximate median significances.
- ``single_cuts``: the same for a cut on one input, which a classifier has to beat.
- ``overtraining``: training events against out-of-fold events, and the difference in AUC.
- ``correlation``: correlations of inputs and observables, and of scores with the observables kept from the models.
- ``input_checks``: inputs that are constant, never there, or tell the classes apart by themselves.
- ``distributions``: weighted histograms of inputs and scores by sample, with data.
- ``scatter``: events drawn by weight, in several inputs at once.
- ``choice``: how all of these choose a cut on other folds than they read it on.
- ``classes``: which events are signal and which background.
"""
