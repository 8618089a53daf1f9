"""Classifiers of scikit-learn that are a formula: linear ones, Gaussians and networks, in double precision as there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
)
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC, NuSVC

from fivesigma.core.arrays import Floats
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import Graph
from fivesigma.learning.conversion.layers import add_layers

__all__ = ["FORMULAS"]


def _linear(graph: Graph, estimator: Any, Z: str) -> str:
    return _weighted_sum(graph, np.ravel(estimator.coef_), float(np.ravel(estimator.intercept_)[0]), Z)


def _weighted_sum(graph: Graph, weight: Floats, constant: float, Z: str) -> str:
    column = graph.constant(weight[:, None].astype(np.float64))
    return graph.add("Add", graph.add("MatMul", Z, column), graph.constant(np.float64(constant)))


def _counts(graph: Graph, estimator: Any, Z: str) -> str:
    """Add the ratio of likelihoods of two multinomials."""
    prior = np.diff(estimator.class_log_prior_)[0] if isinstance(estimator, MultinomialNB) else 0.0
    return _weighted_sum(graph, np.diff(estimator.feature_log_prob_, axis=0)[0], float(prior), Z)


def _bits(graph: Graph, estimator: Any, Z: str) -> str:
    """Add the ratio of likelihoods of inputs that are above a threshold or not."""
    if estimator.binarize is not None:
        Z = graph.cast(graph.add("Greater", Z, graph.constant(np.float64(estimator.binarize))), np.float64)
    absent = np.log(1 - np.exp(estimator.feature_log_prob_))
    of_class = estimator.feature_log_prob_ - absent
    constant = np.diff(estimator.class_log_prior_ + absent.sum(axis=1))[0]
    return _weighted_sum(graph, np.diff(of_class, axis=0)[0], float(constant), Z)


def _independent_gaussians(graph: Graph, estimator: Any, Z: str) -> str:
    return _gaussians(
        graph,
        estimator.theta_,
        [np.diag(1 / np.sqrt(variance)) for variance in estimator.var_],
        np.log(estimator.class_prior_) - 0.5 * np.log(estimator.var_).sum(axis=1),
        Z,
    )


def _quadratic_discriminant(graph: Graph, estimator: Any, Z: str) -> str:
    axes = list(zip(estimator.rotations_, estimator.scalings_, strict=True))
    return _gaussians(
        graph,
        estimator.means_,
        [rotation / np.sqrt(scaling) for rotation, scaling in axes],
        np.log(estimator.priors_) - 0.5 * np.array([np.log(scaling).sum() for _, scaling in axes]),
        Z,
    )


def _gaussians(graph: Graph, means: Floats, whitening: list[Floats], constants: Floats, Z: str) -> str:
    """Add the log of the ratio of two Gaussians: the difference of ``constants`` - |(z - mean) · whitening|² / 2."""
    terms = []
    for mean, axes, constant in zip(means, whitening, constants, strict=True):
        along = graph.add("MatMul", graph.add("Sub", Z, graph.constant(mean)), graph.constant(axes))
        squares = graph.add("ReduceSum", graph.add("Mul", along, along), graph.constant(np.array([1])), keepdims=1)
        half = graph.add("Mul", squares, graph.constant(np.float64(0.5)))
        terms.append(graph.add("Sub", graph.constant(np.float64(constant)), half))
    of_background, of_signal = terms
    return graph.add("Sub", of_signal, of_background)


def _network(graph: Graph, estimator: Any, Z: str) -> str:
    weights = zip(estimator.coefs_, estimator.intercepts_, strict=True)
    logit = add_layers(graph, [(weight.T, bias) for weight, bias in weights], estimator.activation, Z)
    return graph.add("Sigmoid", logit)


def _support_vectors(graph: Graph, estimator: Any, Z: str) -> str:
    """Add the sum over support vectors of their kernel with each event."""
    weight = graph.constant(estimator.dual_coef_.T)
    total = graph.add("MatMul", _kernel(graph, estimator, Z), weight)
    return graph.add("Add", total, graph.constant(np.float64(estimator.intercept_[0])))


def _kernel(graph: Graph, estimator: Any, Z: str) -> str:
    """Add the kernel of events and support vectors, shape (n, vectors)."""
    vectors, gamma = estimator.support_vectors_, estimator._gamma  # noqa: SLF001 - what `scale` came to is kept nowhere else
    product = graph.add("MatMul", Z, graph.constant(np.ascontiguousarray(vectors.T)))
    if estimator.kernel == "linear":
        return product
    if estimator.kernel == "rbf":
        own = graph.add("ReduceSum", graph.add("Mul", Z, Z), graph.constant(np.array([1])), keepdims=1)
        lengths = graph.add("Add", own, graph.constant(np.square(vectors).sum(axis=1)[None]))
        distance = graph.add("Sub", lengths, graph.add("Mul", product, graph.constant(np.float64(2))))
        return graph.add("Exp", graph.add("Mul", distance, graph.constant(np.float64(-gamma))))
    scaled = graph.add("Mul", product, graph.constant(np.float64(gamma)))
    shifted = graph.add("Add", scaled, graph.constant(np.float64(estimator.coef0)))
    if estimator.kernel == "sigmoid":
        return graph.add("Tanh", shifted)
    if estimator.kernel == "poly":
        return graph.add("Pow", shifted, graph.constant(np.float64(estimator.degree)))
    raise NotConvertibleError(f"its kernel {estimator.kernel} has no converter")


FORMULAS: Mapping[type, Callable[[Graph, Any, str], str]] = {
    BernoulliNB: _bits,
    ComplementNB: _counts,
    GaussianNB: _independent_gaussians,
    LinearDiscriminantAnalysis: _linear,
    LinearSVC: _linear,
    LogisticRegression: _linear,
    LogisticRegressionCV: _linear,
    MLPClassifier: _network,
    MultinomialNB: _counts,
    NuSVC: _support_vectors,
    Perceptron: _linear,
    QuadraticDiscriminantAnalysis: _quadratic_discriminant,
    RidgeClassifier: _linear,
    RidgeClassifierCV: _linear,
    SGDClassifier: _linear,
    SVC: _support_vectors,
}
"""What adds the score of a classifier to a graph; inputs and score are float64, of shapes (n, k) and (n, 1)."""
