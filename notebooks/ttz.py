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
# # tt̄Z with two leptons: a rare signal under large backgrounds
#
# **Signal.** A pair of top quarks with a Z boson that decays to two leptons: two leptons with the mass of a Z, two b jets, four more jets.
#
# **Background.** Top pairs whose two leptons happen to have that mass, and Z bosons with many jets, some of them with bottom or charm hadrons.
#
# The signal here is a **stand-in**: Pythia has no tt̄Z, so tt̄H with a Higgs boson of the mass and width of the Z is there at its rate. What depends on the spin of the Z is wrong.
# Everything is simulated for 36.1 fb⁻¹ at 13 TeV; there are no data.

# %%
import numpy as np

import fivesigma as fs

events = fs.recipe("ttz").events
sorted(path.name for path in events.iterdir())

# %% tags=["parameters"]
folds, trees, shuffled = 5, 100, 3000  # less of each for a quick look

# %% [markdown]
# ## Select
#
# Two leptons, five jets and one tagged as of a b quark were asked for as the events were made. One file holds Z + jets; how many heavy hadrons are in the jets tells three samples apart,
# as each has an uncertainty of its own.
#
# Not every event has a sixth jet. The file says 0 there, which is no momentum but a *sentinel*; averaged and standardised with real values it bends them. Declared as
# missing, it becomes NaN, and a model deals with it as with what is not known.

# %%
sixth = {"pt6_jet": 0, "MWavg": 0}


def sample(name, file, kind, *cuts, label=""):
    files = fs.read(events / f"{file}.parquet", missing=sixth).select(*cuts).weigh("totalWeight")
    return files.sample(name, kind=kind, label=label)


ttz = sample("ttZ", "ttz_standin", "signal", label="tt̄Z (stand-in)")
ttbar = sample("ttbar", "ttbar", "background", label="tt̄")
other = sample("Other", "other", "background", label="ZZ, WZ")

# %%
hadrons = ["HF_n == 0", "HF_n == 1", "HF_n >= 2"]
zjets = [
    sample(f"Z{i}HF", "zjets", "background", cut, label=f"Z + {i} heavy flavours")
    for i, cut in enumerate(hadrons)
]
zjets[0]

# %% [markdown]
# ## What models see

# %%
eight = ["pt4_jet", "pt6_jet", "dRll", "NJetPairsZMass", "Nmbjj_top", "MbbPtOrd", "HT_jet6", "dRbb"]
shapes = ["MjjMindR", "dRjjave_jet", "CentrJet", "MWavg", "MaxMMindRlepb", "H1"]
more = ["ptll", "eta_ll", "pT1b", *shapes]
samples = [ttz, ttbar, *zjets, other]
data = fs.dataset(samples, inputs={name: name for name in eight + more}, missing=True)
data

# %% [markdown]
# Look at the yields beside the numbers of events. An event of Z + jets weighs four, one of the others less than one. *Fractions of events are not fractions of yields*, and
# 39 simulated events do not know more than 16 % of anything. How many events of weight one know as much is the effective number, (Σw)² / Σw².

# %%
weights = {info.title: data.weight[data.of(info.name)] for info in data.samples}
fs.table(
    {
        name: {"events": len(w), "expected": w.sum(), "effective": w.sum() ** 2 / (w**2).sum()}
        for name, w in weights.items()
    }
)

# %%
fs.plot(fs.feature_distributions(data, features=eight), columns=4)

# %% [markdown]
# Correlations, weighted, in signal, in background, and their difference: where that is not zero a classifier that looks at both inputs together gains.

# %%
fs.plot(fs.correlations(data, features=eight))

# %% [markdown]
# ## Train
#
# With few events, a classifier that may learn much learns them by heart. First the forest of the lesson, free to do so; then one of shallow trees with large leaves, and
# boosted trees, small as well.

# %%
options = {"inputs": eight, "folds": folds, "n_estimators": trees}
free = fs.cross_fit("random_forest", data, name="free forest", **options)
few_leaves = {"max_depth": 8, "min_samples_leaf": 10}
forest = fs.cross_fit("random_forest", data, name="forest", **options, **few_leaves)

# %%
small = {"learning_rate": 0.05, "max_leaf_nodes": 6, "min_samples_leaf": 30}
options = {"folds": folds, "max_iter": trees, **small}
boosted = fs.cross_fit("hist_gradient_boosting", data, name="boosting", inputs=eight, **options)
all_inputs = fs.cross_fit("hist_gradient_boosting", data, name="boosting, all", **options)
all_inputs

# %% [markdown]
# ## Judge
#
# On events they never saw, then on those they were trained on.

# %%
models = [free, forest, boosted, all_inputs]
scores = [model.score(data) for model in models]
fs.plot([fs.roc(data, score) for score in scores])


# %%
def above(value, weight, is_signal, cut=0.95):
    return [weight[(value > cut) & which].sum() for which in (is_signal, ~is_signal)]


rows = {}
for model, score in zip(models, scores, strict=True):
    seen = model.training_scores(data)  # each event by the models of all other folds
    s0, b0 = above(seen.value, seen.weight / (folds - 1), seen.is_signal)
    s, b = above(score.value, data.weight, data.signal)
    rows[model.name] = {"S trained on": s0, "B trained on": b0, "S unseen": s, "B unseen": b}

# %%
fs.table(rows, "Above 0.95")

# %% [markdown]
# The free forest has next to no background left among the events that it was trained on. A stack of those scores shows a last bin of nearly pure signal; data would fill it
# with background. Only unseen scores are used from here on.
#
# Do nine more inputs help? The verdict is about the same events, and knows that the models could have been trained on others.

# %%
fs.compare(data, scores[1:], background_uncertainty=0.2, floor=25)

# %%
fs.permutation_importance(
    data, all_inputs.score, inputs=[*eight, "H1", "CentrJet"], events=shuffled
)

# %% [markdown]
# ## Where to cut
#
# $S/\sqrt B$ has no bound where no simulated background is left, and that happens somewhere for everybody. `floor` is how many effective background events a cut must leave where it is chosen. Without it:

# %%
bare = fs.figures_of_merit(data, scores[0], background_uncertainty=0.2, floor=1)
bare

# %% [markdown]
# Compare the last two columns: what a cut is worth on the events that did not choose it, and what it seems to be where it was chosen, from all events and without any floor. With a floor
# of 25, seven events of Z + jets, the choice is left less to luck:

# %%
scan = fs.figures_of_merit(data, scores[2], background_uncertainty=0.2, floor=25)
scan

# %% [markdown]
# ## Infer
#
# A fit of the score. Its background has four parts with an uncertainty of their own each; most of the jets are the parton shower's, so these are round, large numbers.

# %%
sizes = {"ttZ": 0.12, "ttbar": 0.2, "Z0HF": 0.3, "Z1HF": 0.3, "Z2HF": 0.3, "Other": 0.5}
systematics = [
    fs.Normalisation(name=f"{name}_rate", size=size, samples=(name,))
    for name, size in sizes.items()
]
systematics.append(fs.Normalisation(name="luminosity", size=0.021))

# %%
bins = [0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1]
templates = fs.templates(data, scores[2], bins=bins)
templates

# %%
fit = fs.fit_templates(templates, systematics, name="boosting")
fit

# %%
fs.plot(fit.prefit[0])

# %% [markdown]
# There are no data, so this is what is to be expected. What is the uncertainty of the strength made of? Parts add in quadrature: squares are added, *then the root is drawn*.

# %%
total = np.sqrt(sum(part**2 for part in fit.breakdown.values()))
fs.table({name: {"δμ": part} for name, part in {**fit.breakdown, "in quadrature": total}.items()})

# %% [markdown]
# The number of *simulated* events costs more than any other part, the number of expected data included. More simulation would help more than more data.

# %%
fs.plot(fs.rank_nuisances(fit, most=10))

# %% [markdown]
# The same by a count above the best cut:

# %%
best = next(figure.best for figure in scan.figures if figure.name == "asimov_z")
fs.count(
    best.signal,
    best.background,
    background_uncertainty=0.2,
    background_events=best.background_effective,
)

# %% [markdown]
# ## Exercises
#
# 1. Fit the score of the free forest, unseen and as remembered (use `training_scores` for the second and fill a histogram by hand). By how much is the second too good?
# 2. Which of the seventeen inputs could be left out? Begin with the one that is lost most cheaply, and judge the rest by `fs.compare`.
# 3. Replace the missing momenta of the sixth jet by 0 again (leave out `missing=`). Does the boosting notice? Would a network, `fs.cross_fit("network", ...)`?
# 4. Train on tt̄ alone, `background=["ttbar"]`, and on Z + jets alone. What happens to the other background above 0.95?
# 5. Halve each uncertainty in turn. Which one is worth the most work?
# 6. Sum the squares of the parts and forget the root. How large does the uncertainty seem to be? Would you have noticed?
