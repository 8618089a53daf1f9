# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # H → WW* → 2ℓ2ν: how well can its rate be measured?
#
# **Signal.** A Higgs boson of 125 GeV decays to two W bosons, and these to two leptons and two neutrinos. The neutrinos escape, so that there is no peak. But a Higgs boson has no spin, and the leptons fly close to each other.
#
# **Background.** Two W bosons without a Higgs boson, and top pairs without a tagged b jet.
#
# Simulated by Pythia 8 with a parametrised detector for 10 fb⁻¹ at 13 TeV; there are no data.
#
# The number of events above a cut is n = μ S + B. How well is μ known, from statistics and from everything that is uncertain about S and B? And is the cut with the largest AMS the best one?

# %%
import numpy as np
import polars as pl

import fivesigma as fs
from fivesigma.searches.count_and_fit import count_and_fit, score_templates

events = fs.recipe("ww-systematics").events
sorted(path.name for path in events.iterdir())

# %% tags=["parameters"]
folds, trees, depth = 5, 100, 8  # less of each for a quick look

# %% [markdown]
# ## Select
#
# The energy of leptons is known to 1 %, missing momentum to 3 % (larger than an experiment has it, so that it is seen). To see what that does, every event is measured once more with another scale, and goes through cuts, inputs and scores again: a function
# that returns the dataset at any scale.

# %%
both = "lep_pt_0, lep_eta_0, lep_phi_0, lep_pt_1, lep_eta_1, lep_phi_1"
cuts = {
    "charges": "lep_charge_0 * lep_charge_1 < 0",
    "bjets": "nbjet == 0",
    "mass": f"invariant_mass({both}) > 12",
}

# %%
inputs = {
    "lep_pt_0": "lep_pt_0",
    "lep_pt_1": "lep_pt_1",
    "m_ll": f"invariant_mass({both})",
    "dphi_ll": "abs(delta_phi(lep_phi_0, lep_phi_1))",
    "met": "met",
    "mt_0": "transverse_mass(lep_pt_0, lep_phi_0, met, met_phi)",
    "mt_1": "transverse_mass(lep_pt_1, lep_phi_1, met, met_phi)",
    "njet": "njet",
}

# %%
names = {"hww": "signal", "ww": "background", "ttbar": "background"}


def measured(leptons=1.0, missing=1.0):
    samples = []
    for name, kind in names.items():
        table = pl.read_parquet(events / f"{name}.parquet")
        table = table.with_columns(pl.col("^lep_pt_.$") * leptons, pl.col("met") * missing)
        files = fs.read(table, id_columns=["id"]).select(**cuts).weigh("weight")
        samples.append(files.sample(name, kind=kind))
    return fs.dataset(samples, inputs=inputs)


# %%
data = measured()
data

# %% [markdown]
# ## Explore

# %%
fs.plot(fs.feature_distributions(data, features=["dphi_ll", "m_ll", "mt_0", "njet"]), columns=2)

# %% [markdown]
# ## Train
#
# Two kinds of trees. Each event is scored by trees that never saw it.

# %%
forest = fs.cross_fit(
    "random_forest", data, name="forest", folds=folds, n_estimators=trees // 2, max_depth=depth
)
boosted = fs.cross_fit("hist_gradient_boosting", data, name="trees", folds=folds, max_iter=trees)
boosted

# %% [markdown]
# ## Judge

# %%
models = [forest, boosted]
scores = [model.score(data) for model in models]
fs.plot([fs.roc(data, score) for score in scores])

# %% [markdown]
# ## Statistics alone
#
# From n = μS + B with n Poisson: σ_μ = √(S + B) / S. With the fraction f = S / (S + B) of signal among n events that is 1 / (f √n). Ten times the luminosity makes it √10 smaller, and nothing ever makes it stop, if statistics
# are all there is.

# %%
signal, background = 400.0, 1200.0
alpha = np.array([1.0, 4.0, 16.0, 64.0])
statistical = np.sqrt(alpha * (signal + background)) / (alpha * signal)
fs.table({f"{a:g} times": {"σ(μ)": float(s)} for a, s in zip(alpha, statistical, strict=True)})

# %% [markdown]
# ## Systematics
#
# A luminosity that is uncertain by 2 % moves S and B together; the rate of a background moves that one alone. A count cannot tell: with B = 1200, S = 400, 3 % of B are 9 % of S. Each is independent of the others, and variances add. (The square root at the end has been forgotten in print.)

# %%
systematics = [
    fs.Normalisation(name="luminosity", size=0.02, group="luminosity"),
    fs.Normalisation(name="signal_efficiency", size=0.05, samples=("hww",), group="signal"),
    fs.Normalisation(name="ww_rate", size=0.03, samples=("ww",), group="background"),
    fs.Normalisation(name="ttbar_rate", size=0.06, samples=("ttbar",), group="background"),
    fs.ShapeSystematic(name="lep_scale", group="detector"),
    fs.ShapeSystematic(name="met_scale", group="detector"),
]

# %% [markdown]
# Now the shifted events, scored by the models that were trained on nominal ones: in data nobody knows the shift, and nobody trains for it.

# %%
shifts = {
    ("lep_scale", "up"): measured(leptons=1.01),
    ("lep_scale", "down"): measured(leptons=0.99),
    ("met_scale", "up"): measured(missing=1.03),
    ("met_scale", "down"): measured(missing=0.97),
}


# %%
def varied(model):
    return [
        fs.VariedScores(variation=fs.Variation(*what), dataset=events, scores=model.score(events))
        for what, events in shifts.items()
    ]


# %%
high = scores[1].value > 0.95
rows = {"nominal": data.weight[high & data.signal].sum()}
for shifted in varied(boosted):
    up = (shifted.scores.value > 0.95) & shifted.dataset.signal
    rows[f"{shifted.variation.systematic} {shifted.variation.label}"] = shifted.dataset.weight[
        up
    ].sum()
fs.table({name: {"signal above 0.95": float(total)} for name, total in rows.items()})

# %% [markdown]
# ## Where to cut
#
# At each cut: what every uncertainty costs. The best cut has the smallest sum, chosen for each fold on the others, where at least 50 effective background events are left.

# %%
scans = [
    fs.classifier_systematics(data, score, systematics=systematics, varied=varied(model), floor=50)
    for model, score in zip(models, scores, strict=True)
]
scans[1]

# %%
fs.plot(scans[1])

# %% [markdown]
# And by the AMS, which knows of no systematics? Its cut is looser: many events are good for statistics. Every per cent of background that is uncertain costs B/S of a per cent, though, and so systematics want events to be *pure*.

# %%
ams = fs.figures_of_merit(data, scores[1], regulators=[10], background_uncertainty=0.0, floor=50)
cut_of = {figure.title: figure.best.cut for figure in ams.figures if figure.name.startswith("ams")}
fs.table({"AMS": {"cut": next(iter(cut_of.values()))}, "δμ": {"cut": scans[1].best.cut}})

# %%
fs.table(
    {
        scan.best.model: {
            part: getattr(scan.best, part)
            for part in ("statistics", "signal", "background", "luminosity", "detector", "total")
        }
        for scan in scans
    }
)

# %% [markdown]
# ## Infer: fit the whole score
#
# A count throws away what events of low score say about the background. A fit of all bins measures the background's rate, and the scales with it, in data. Same events, same systematics:

# %%
bins = [0, 0.5, 0.75, 0.9, 0.95, 0.98, 1]
templates = score_templates(data, scores[1], varied=varied(boosted), bins=bins, floor=50)
fit = fs.fit_templates(templates, systematics)
fit

# %%
both_ways = count_and_fit(scans[1].best, fit)
fs.table({"δμ": {"count": both_ways.count, "fit": both_ways.fit}})

# %%
fs.plot(both_ways)

# %% [markdown]
# ## Exercises
#
# 1. Set the scale of leptons to 0.2 %, as an experiment has it. What is the best cut now?
# 2. Halve one uncertainty of your choice. Which one would you halve, if you could halve only one?
# 3. Draw σ_μ against the luminosity with all systematics, for the count and the fit. Where do more data stop to help?
# 4. Leave out `dphi_ll`. Does the AUC suffer more, or δμ?
# 5. Train at the shifted scale, too (twice the events, half the weights). What does that cost at the nominal scale, and is the shift smaller?
# 6. Add variances without the square root, as above. By how much would δμ be wrong, and why did nobody see it?
