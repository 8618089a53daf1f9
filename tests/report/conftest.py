"""A run as large and as odd as a real one: real figures, null results, unequal models, text that looks like markup."""

from __future__ import annotations

import copy
import dataclasses
import io
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import fold_of
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.evaluation.correlation import correlations
from fivesigma.evaluation.distributions import feature_distributions
from fivesigma.evaluation.roc import roc as roc_curve
from fivesigma.evaluation.scatter import scatter_samples
from fivesigma.evaluation.threshold_yields import threshold_yields
from fivesigma.plots.style import numbers
from fivesigma.report.content import FigureEntry, FigureSection, RunContent

INPUTS = ("lep_pt_1", "lep_pt_2", "lep_pt_3", "lep_pt_4", "lep_eta_1", "lep_eta_2", "m_z1", "m_z2", "cos_theta_star")


def svg_of(figure: Figure) -> str:
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "report"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def axes_of(xlabel: str, ylabel: str, size: tuple[float, float] = (6.0, 4.4)) -> tuple[Figure, Any]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    return figure, axes


def limit_curve() -> str:
    figure, axes = axes_of("Signal strength μ", "CLs", (6.4, 4.4))
    mu = np.linspace(0.02, 1.2, 60)
    median = np.exp(-mu / 0.14)
    axes.fill_between(mu, median**1.6, median**0.45, color="#f5d743", label="expected ±2σ")
    axes.fill_between(mu, median**1.3, median**0.7, color="#69b764", label="expected ±1σ")
    axes.plot(mu, median, "k--", label="expected")
    axes.plot(mu, median**0.93, "k-", label="observed (pseudo-data)")
    axes.axhline(0.05, color="#b3261e")
    axes.set_yscale("log")
    axes.set_ylim(1e-3, 1)
    axes.legend(frameon=False)
    return svg_of(figure)


def distribution(name: str, seed: int) -> str:
    rng = np.random.default_rng(seed)
    figure, axes = axes_of(name, "Events / bin")
    background, signal = rng.normal(0, 1, 4000), rng.normal(0.7, 0.6, 1000)
    edges = np.linspace(-3, 3, 31)
    axes.hist(background, edges, color="#9cc3e6", label="ZZ")
    axes.hist(signal, edges, histtype="step", color="#b3261e", lw=1.8, label="H(125)")
    axes.legend(frameon=False)
    return svg_of(figure)


def roc() -> str:
    figure, axes = axes_of("Signal efficiency", "Background efficiency", (5.0, 4.6))
    x = np.linspace(0, 1, 120)
    for name, power in (("trees", 6.0), ("network", 5.2), ("forest_two", 2.6)):
        axes.plot(x, x**power, label=name)
    axes.legend(frameon=False)
    return svg_of(figure)


def breakdown() -> str:
    figure, axes = axes_of("σ(μ)", "", (9.0, 2.6))
    axes.barh(["statistics", "zz_rate", "luminosity"], [0.19, 0.061, 0.022], color="#1f4f82")
    return svg_of(figure)


def entry(name: str, section: FigureSection, title: str, svg: str, caption: str = "") -> FigureEntry:
    files = tuple(f"figures/{name}.{suffix}" for suffix in ("svg", "pdf", "json"))
    return FigureEntry(
        name=name, section=section, title=title, caption=caption, alt=f"{title}: a picture.", svg=svg, files=files
    )


@pytest.fixture(scope="session")
def figures() -> tuple[FigureEntry, ...]:
    return (
        entry(
            "cls",
            "summary",
            "CLs against the signal strength",
            limit_curve(),
            "Values of μ at which the curve runs below 0.05 are excluded at 95 % CL. The band holds 68 % and 95 % of background-only experiments.",
        ),
        entry(
            "mass",
            "yields",
            "Four-lepton mass",
            distribution("m(4ℓ) [GeV]", 1),
            "Signal and background are stacked at 10 fb⁻¹.",
        ),
        entry("score", "yields", "Score of the boosted trees", distribution("Score", 2), "Out of fold."),
        *(entry(f"input {name}", "features", name, distribution(name, 10 + i)) for i, name in enumerate(INPUTS[:4])),
        entry("correlations", "features", "Correlations", distribution("ρ", 4)),
        entry("losses", "models", "Loss of the network", roc()),
        entry("roc", "judgement", "ROC curves", roc(), "Weighted, out of fold."),
        entry("overtraining", "judgement", "Training events against events out of fold", distribution("Score", 3)),
        entry(
            "breakdown",
            "inference",
            "Where the uncertainty on μ comes from",
            breakdown(),
            "One group of nuisance parameters at a time.",
        ),
    )


def estimate(value: float, error: float, **more: object) -> dict[str, Any]:
    return {"value": value, "low": value - error, "high": value + error, **more}


RESULTS: dict[str, Any] = {
    "schema": 1,
    "fivesigma": "0.1.0",
    "analysis": "higgs-4l",
    "samples": {
        "higgs": {"kind": "signal", "events": 24891, "yield": 12.8412, "yield_error": 0.0814, "effective_events": 24890.9, "negative_weight_fraction": 0.0},
        "zz": {"kind": "background", "events": 31207, "yield": 341.217, "yield_error": 1.932, "effective_events": 31190.2, "negative_weight_fraction": 0.0},
        "top": {"kind": "background", "events": 812, "yield": 3.071, "yield_error": 0.367, "effective_events": 640.1, "negative_weight_fraction": 0.1213},
        "pseudo": {"kind": "data", "pseudo": True, "events": 357, "yield": 357.0, "yield_error": 18.9, "effective_events": 357.0, "negative_weight_fraction": 0.0},
    },
    "models": {
        "forest_two": {"auc": estimate(0.7312, 0.0031), "auc_train": estimate(0.7521, 0.0030), "auc_difference": estimate(0.0209, 0.0021), "seconds": 1.83, "folds": 5},
        "trees": {"auc": estimate(0.9127, 0.0014), "auc_train": estimate(0.9391, 0.0012), "auc_difference": estimate(0.0264, 0.0010), "seconds": 4.21, "folds": 5},
        "network": {"auc": {"value": 0.9051, "low": 0.9033, "high": 0.9066}, "auc_train": estimate(0.9084, 0.0015), "auc_difference": estimate(0.0033, 0.0012), "seconds": 21.7, "folds": 5},
    },
    "judgement": {
        name: {
            "report": {"accuracy": 0.8 + i / 50, "precision": 0.71 + i / 50, "recall": 0.77, "threshold": 0.5},
            "figures_of_merit": {
                "asimov": {"honest": 2.81 + i, "naive": 2.97 + i, "cut": 0.91},
                "ams (yields, regulator 10)": {"honest": 2.1 + i, "naive": 2.3 + i, "cut": 0.88},
            },
        }
        for i, name in enumerate(("forest_two", "trees", "network"))
    }
    | {"best_single_cuts": [{"input": name, "cut": 31.25 - i, "s_over_b": 0.0512, "z_asimov": 0.91 - 0.1 * i} for i, name in enumerate(INPUTS[:4])]},
    "inference": {
        "shape": {
            "type": "template_fit", "mu": {"value": 1.08, "low": 0.81, "high": 1.41}, "z_expected": 4.31, "z_observed": 4.57,
            "limit_expected": [0.221, 0.302, 0.419, 0.599, 0.812], "limit_observed": 0.451,
            "breakdown": {"luminosity": 0.0221, "statistics": 0.2113, "zz_rate": 0.0613}, "goodness_of_fit": 0.43,
        },
        "count": {
            "type": "counting", "model": "trees", "region": "window", "cut": 0.912, "cuts": [0.911, 0.913, 0.912, 0.909, 0.915],
            "signal": 8.12, "background": 3.41, "background_uncertainty": 0.1, "observed": 12, "z_expected": 3.21,
            "limit_expected": [0.31, 0.42, 0.61, 0.93, 1.41], "limit_observed": 0.7,
        },
    },
    "findings": [
        {"code": "FS-OVERTRAINED", "severity": "warning", "subject": "trees", "message": "The AUC on training events is 0.026 above the one out of fold.", "evidence": {"difference": 0.0264}},
        {"code": "FS-PSEUDO", "severity": "info", "subject": "pseudo", "message": "Observed values come from independent simulated events, not from collisions."},
        {"code": "FS-FEW", "severity": "serious", "subject": "top", "message": "Fewer than 10 effective events lie in 3 bins of the template."},
    ],
}  # fmt: skip

CONFIG: dict[str, Any] = {
    "fivesigma": 1,
    "analysis": {"name": "higgs-4l", "title": "H → ZZ* → 4ℓ at 13 TeV", "luminosity": 10.0, "energy": 13, "seed": 42, "blind": False},
    "samples": {
        "higgs": {"kind": "signal", "label": "H(125)", "files": ["higgs.parquet"]},
        "zz": {"kind": "background", "label": "ZZ/γ*", "files": ["zz.parquet"]},
        "top": {"kind": "background", "label": "tt̄ & <script>alert('top')</script>"},
        "pseudo": {"kind": "data", "label": "Pseudo-data"},
    },
    "features": {"inputs": {name: f"{name} / 1.0" for name in INPUTS}, "observables": {"m4l": "invariant_mass(lep_pt, lep_eta, lep_phi)"}},
    "models": {"trees": {"use": "hist_gradient_boosting"}, "network": {"use": "network", "hidden": [64, 64]}},
    "inference": {"shape": {"type": "template_fit", "regions": ["window", "sides"]}},
}  # fmt: skip

CUTFLOW = {
    sample: [
        {"step": "all", "events": 60000, "total": scale * 3.1, "error": scale * 0.01},
        {"step": "types: sum in 44, 48, 52", "events": 41022, "total": scale * 1.9, "error": scale * 0.008},
        {"step": "charges", "events": 31207, "total": scale, "error": scale * 0.006},
    ]
    for sample, scale in (("higgs", 12.84), ("zz", 341.2), ("top", 3.07))
} | {
    "pseudo": [
        {"step": "all", "events": 0, "total": 0.0, "error": None},
        {"step": "types", "events": 0, "total": 0.0, "error": None},
    ]
}

TRAINED_ON = {"training events": 44878, "validation events": 11220, "classes": "equal", "negative weights": "absolute"}

MODELS: dict[str, dict[str, Any]] = {
    "forest_two": {"use": "random_forest", "inputs": list(INPUTS[:2]), "asked": {"max_depth": 8}, "built": {"trees": 30, "leaves": {"from": 5120, "to": 5230}}, "trained_on": TRAINED_ON, "seconds": 1.83},
    "trees": {"use": "hist_gradient_boosting", "inputs": list(INPUTS), "asked": {}, "built": {"trees": 143, "leaves": 4433}, "trained_on": TRAINED_ON, "seconds": 4.21},
    "network": {"use": "network", "inputs": list(INPUTS), "asked": {"hidden": [64, 64]}, "built": {"layers": "9 → 64 → 64 → 1", "parameters": 4865}, "trained_on": TRAINED_ON, "seconds": 21.7},
}  # fmt: skip

PROVENANCE: dict[str, Any] = {
    "command": "fivesigma run higgs-4l --output runs/higgs-4l",
    "started": "2025-01-15T10:12:31Z",
    "seconds": 41.3,
    "seed": 42,
    "versions": {"fivesigma": "0.1.0", "numpy": "2.4.6", "scikit-learn": "1.9.1", "torch": "2.13.0"},
    "inputs": {
        "higgs.parquet": {
            "bytes": 1204882,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        },
        "zz.parquet": {"bytes": 1804882, "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"},
    },
}


TOY_SAMPLES = (
    SampleInfo(name="higgs", kind="signal", label="H(125)"),
    SampleInfo(name="zz", kind="background", label="ZZ/γ*"),
    SampleInfo(name="top", kind="background", label="tt̄ & <script>alert('top')</script>"),
    SampleInfo(name="pseudo", kind="data", label="Pseudo-data"),
)


@pytest.fixture(scope="session")
def toy() -> tuple[Dataset, dict[str, Scores]]:
    """Return events of the samples of the page, and scores of two models."""
    generator, sizes, yields = np.random.default_rng(5), (3000, 4000, 300, 357), (12.84, 341.2, 3.07, 357.0)
    sample = np.repeat(np.arange(4), sizes).astype(np.int16)
    shift = (sample == 0) * 1.5
    X = np.stack([generator.normal(size=len(sample)) + shift * size for size in (1, 0.5, 0.2)], axis=1)
    ids = generator.integers(0, 2**63, size=len(sample)).astype(np.uint64)
    dataset = Dataset(
        X=X.astype(np.float32),
        inputs=("lep_pt_1", "lep_pt_2", "m_z1"),
        observables={"m4l": 125 + 20 * generator.normal(size=len(sample)) * (sample > 0)},
        weight=np.asarray([total / size for total, size in zip(yields, sizes, strict=True)])[sample],
        id=ids,
        sample=sample,
        samples=TOY_SAMPLES,
    )
    fold = fold_of(ids, seed=1, folds=5)
    scores = {}
    for name, noise in (("trees", 0.3), ("network", 0.8)):
        raw = X[:, 0] + noise * generator.normal(size=len(sample))
        background = np.sort(raw[dataset.background])
        value = np.searchsorted(background, raw) / len(background)
        scores[name] = Scores(model=name, raw=raw, value=value, fold=fold, folds=5)
    return dataset, scores


@pytest.fixture(scope="session")
def page_numbers(toy: tuple[Dataset, dict[str, Scores]]) -> dict[str, Any]:
    """Return what scripts of the page draw, made of events as the stages of a run make it."""
    dataset, scores = toy
    features = ["lep_pt_1", "lep_pt_2", "m_z1", "m4l"]
    losses = [1 / np.sqrt(np.arange(1, 30) + fold) for fold in range(2)]
    return {
        "thresholds": numbers([threshold_yields(dataset, one, show_data=True) for one in scores.values()]),
        "features": numbers(feature_distributions(dataset, show_data=True)),
        "correlations": numbers(correlations(dataset)),
        "roc": numbers([roc_curve(dataset, one, seed=1) for one in scores.values()]),
        "losses": [
            {"model": "trees", "step": "tree", "training": numbers(losses), "validation": numbers(losses)},
            {"model": "network", "step": "epoch", "training": numbers(losses), "validation": numbers(losses)},
        ],
        "scatter": {
            "features": features,
            "samples": [
                {"name": one.name, "title": one.title, "kind": one.kind, "values": numbers(one.values.T)}
                for one in scatter_samples(dataset, features, events=300, seed=1)
            ],
        },
    }


@pytest.fixture
def results() -> dict[str, Any]:
    return copy.deepcopy(RESULTS)


@pytest.fixture
def config() -> dict[str, Any]:
    return copy.deepcopy(CONFIG)


@pytest.fixture
def content(
    figures: tuple[FigureEntry, ...], results: dict[str, Any], config: dict[str, Any], page_numbers: dict[str, Any]
) -> RunContent:
    return RunContent(
        config=config,
        results=results,
        cutflow=CUTFLOW,
        models=MODELS,
        provenance=PROVENANCE,
        figures=figures,
        numbers=page_numbers,
        hero="cls",
    )


@pytest.fixture
def changed(content: RunContent) -> Callable[..., RunContent]:
    """Return the content with other fields."""
    return lambda **fields: dataclasses.replace(content, **fields)


@pytest.fixture
def blind(results: dict[str, Any], config: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return results and configuration of a blind run on real data."""
    config["analysis"]["blind"] = True
    del results["samples"]["pseudo"]
    results["samples"]["data"] = {"kind": "data", "events": 61, "yield": 61.0, "yield_error": 7.8}
    for entry_ in results["inference"].values():
        for key in ("limit_observed", "z_observed", "observed", "mu"):
            if key in entry_:
                entry_[key] = None
    return results, config
