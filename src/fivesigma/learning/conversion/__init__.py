"""Trained models to ONNX, for frameworks that know neither Python nor fivesigma. What to use when.

- ``fold_graph``: one fold of a model as one ONNX graph: preparation, estimators, the mean over seeds, the common scale.
- ``parity``: how far what onnxruntime computes is from what the model computes itself.
- ``catalogue``: which converter a classifier has; ``converter``: what one is.

How it is done:

- ``graph``: nodes and constants under names of their own; ``interpolation``: piecewise linear maps, of scales and quantiles.
- ``prepared``: the steps of preparation.
- ``trees``: any ensemble of decision trees, exactly; ``scikit_trees``, ``xgboost_trees``, ``lightgbm_trees`` read those of a library.
- ``layers``: networks. ``scikit``: what scikit-learn has besides, by skl2onnx. ``ready_made``: scores that come from elsewhere.
"""
