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
# # H → ZZ* → 4ℓ: is there a Higgs boson among pairs of Z bosons?
#
# **Signal.** Two gluons make a Higgs boson of 125 GeV. It decays to two Z bosons, and each of these to two electrons or two
# muons. Two Z bosons weigh 182 GeV, more than there is, so one of them has far less than its mass.
#
# **Background.** A quark and an antiquark make two Z bosons, or a Z and a photon. Their four leptons look the same, and there are eleven times as many.
#
# The events come with the package: Pythia 8 and a parametrised detector, for 10 fb⁻¹ at 13 TeV. The "data" are pseudo-data, simulated events
# that are in no other file.

# %%
import numpy as np

import fivesigma as fs
from fivesigma.core.errors import FivesigmaError

events = fs.recipe("higgs-4l").events
sorted(path.name for path in events.iterdir())

# %% tags=["parameters"]
folds, trees, epochs, shuffled = 5, 100, 50, 5000  # less of each for a quick look

# %% [markdown]
# ## Select
#
# Each cut has a name and is a row of the cutflow. Electrons are 11, muons 13, so four leptons in two pairs of one flavour add up to 44, 48 or 52.
#
# A list of cuts is one with *and* between them. Where you write *and* and *or* yourself, say how they belong together: in Python `a | b & c` is `a | (b & c)`, and
# the last cut is never asked of half of the events. The expressions here refuse it until there are parentheses.

# %%
flavours = "lep_type_0 + lep_type_1 + lep_type_2 + lep_type_3 in (44, 48, 52)"
charges = "lep_charge_0 + lep_charge_1 + lep_charge_2 + lep_charge_3 == 0"
cuts = {"flavours": flavours, "charges": charges, "pairs": "isfinite(z1_mass(lep))"}

files = fs.read(events / "higgs.parquet").select(**cuts).weigh("weight")
higgs = files.sample("higgs", kind="signal", label="H → 4ℓ")
higgs

# %%
files = fs.read(events / "zz.parquet").select(**cuts).weigh("weight")
zz = files.sample("zz", kind="background", label="ZZ → 4ℓ")
files = fs.read(events / "pseudo_data.parquet").select(**cuts)
seen = files.sample("pseudo-data", kind="data", pseudo=True)
samples = [higgs, zz, seen]
fs.table({one.name: {"events": len(one), "expected": one.weight.sum()} for one in samples})

# %% [markdown]
# Simulated events carry *weights*: 24,000 of background stand for 239 expected ones. Everything below counts weights. A model that is trained
# or judged without them is one for another mixture.

# %%
try:
    fs.read(events / "zz.parquet").select("(lep_pt_0 > 25) | (lep_pt_1 > 15) & (lep_pt_2 > 10)")
except FivesigmaError as refused:
    print(refused)

# %% [markdown]
# ## What models see
#
# Fifteen inputs: momenta, directions, the masses of both pairs, and the five angles of the decay. Functions such as `z1_mass` and `cos_theta1` are there
# by name, as one written by hand (`sqrt(px**2 + px**2)`, it has been seen) is wrong without anybody noticing.
#
# The mass of all four is an *observable*: kept from the models. One that has seen it selects background at 125 GeV, and then there is a
# peak whether there is a Higgs boson or not.

# %%
momenta = {f"lep_{what}_{i}": f"lep_{what}_{i}" for what in ("pt", "eta") for i in range(4)}
masses = {"m_z1": "z1_mass(lep)", "m_z2": "z2_mass(lep)"}
angles = {"cos_star": "cos_theta_star(lep)", "cos_1": "cos_theta1(lep)", "cos_2": "cos_theta2(lep)"}
turns = {"phi": "decay_phi(lep)", "phi_1": "decay_phi1(lep)"}
inputs = momenta | masses | angles | turns
data = fs.dataset(samples, inputs=inputs, observables={"m4l": "m4l(lep)"})
data

# %%
fs.plot(
    fs.feature_distributions(
        data, features=["lep_pt_1", "lep_pt_2", "m_z1", "m_z2", "cos_1", "cos_star"]
    ),
    columns=3,
)

# %% [markdown]
# Where is most to be had? The *separation* of an input is ½ ∫ (s − b)² / (s + b), zero for equal shapes, one where they do not overlap. Here with the AUC of
# each input by itself.

# %%
ranked = sorted(fs.separation(data), key=lambda one: -one.value.value)
fs.table({one.feature: {"separation": one.value, "AUC by itself": one.auc} for one in ranked[:6]})

# %% [markdown]
# ## Train
#
# Events are split into folds by their identifiers. For each fold a model is trained on the others, and the events of the fold are scored by it. So *every* event
# has a score from a model that never saw it, and none is lost to a test sample; yields need no factor of 1/0.33.
#
# First a random forest with two inputs only, the momenta of the second and third lepton, then boosted trees with all fifteen.

# %%
two = ["lep_pt_1", "lep_pt_2"]
forest = fs.cross_fit(
    "random_forest",
    data,
    inputs=two,
    name="forest of two",
    folds=folds,
    n_estimators=trees // 3,
    max_depth=8,
)
boosted = fs.cross_fit("hist_gradient_boosting", data, name="trees", folds=folds, max_iter=trees)
boosted

# %% [markdown]
# And a network. It is kept as it was where the loss of *validation* events, weighted, was lowest. The lowest loss of one batch of training events is luck. The table
# says what was built; three hidden layers that were thirty-two have been published in a notebook.

# %%
network = fs.cross_fit("network", data, name="network", folds=folds, hidden=[64, 64], epochs=epochs)
network

# %% [markdown]
# ## Judge
#
# The ROC curve of all three, from scores of unseen events, with intervals.

# %%
models = [forest, boosted, network]
scores = [model.score(data) for model in models]
fs.plot([fs.roc(data, score) for score in scores])

# %% [markdown]
# What would the same trees say of the events that they were trained on? The difference is memory. It is no crime, trees always remember; but a
# significance from such scores is no significance.

# %%
unseen, remembered = fs.roc(data, scores[1]), boosted.training_scores(data)
signal, weight = remembered.is_signal, remembered.weight
above = [
    weight[(remembered.value > 0.99) & which].sum() / (folds - 1) for which in (signal, ~signal)
]
honest = [
    data.weight[(scores[1].value > 0.99) & which].sum() for which in (data.signal, data.background)
]
rows = {"training events": above, "unseen events": honest}
fs.table({name: {"signal above 0.99": s, "background": b} for name, (s, b) in rows.items()})

# %% [markdown]
# Is the network better than the trees? Both are judged on the same events, so the difference is known better than either number. A verdict is
# given only where the interval, widened for all pairs, excludes zero.

# %%
fs.compare(data, scores)

# %%
some = ["m_z1", "m_z2", "lep_pt_2", "lep_pt_3", "cos_1", "phi"]
fs.permutation_importance(data, boosted.score, inputs=some, events=shuffled)

# %% [markdown]
# ## Where to cut
#
# On the common scale a score is the fraction of background below it: above 0.95 lie 5 % of the background, whatever the model.
#
# Whoever takes the cut with the largest $S/\sqrt B$ of all events and quotes it there has chosen luck as well. Here the cut of each fold is chosen on the others, cuts that leave too few
# simulated background events are not asked, and the Asimov significance knows that the background is uncertain by 10 %.

# %%
scan = fs.figures_of_merit(
    data, scores[1], background_uncertainty=0.1, regulators=[10, 1], rate_regulators=[0.001]
)
scan

# %% [markdown]
# Look at $S/B$: what it is worth on other events, and what it seems to be where it was chosen. And at the two AMS: with yields and a regulator of 10
# events, and with rates and one of 0.001, they are two quantities of one name.

# %%
fs.plot(scan)

# %% [markdown]
# Does a cut in the score shape the mass? The table fits a peak to the *background* after the cut. What it finds is a spurious signal. Compare it with the true one
# in the first column.

# %%
fs.spurious_signal(data, scores[1], "m4l")

# %% [markdown]
# It is not small. So it is the score that is fitted here, and the mass not behind a cut in it.
#
# ## Infer
#
# The whole score is fitted at once, in bins that were fixed beforehand. First *blind*: only what is to be expected.

# %%
systematics = [
    fs.Normalisation(name="luminosity", size=0.02, group="luminosity"),
    fs.Normalisation(name="zz_rate", size=0.1, samples=("zz",), group="background"),
    fs.Normalisation(name="higgs_rate", size=0.08, samples=("higgs",), group="signal"),
]

# %%
bins = [0, 0.5, 0.75, 0.9, 0.95, 0.98, 1]
blind = {}
for score in scores:
    nobody = fs.templates(data, score, bins=bins, observed=False)
    fit = fs.fit_templates(nobody, systematics)
    blind[score.model] = {"significance expected": fit.z_expected, "δμ": fit.sigma_mu}
fs.table(blind)

# %% [markdown]
# The model is chosen by these numbers, before anybody looks. *Then* the data. They are scored as the simulation is, each event by the model of its own fold.

# %%
fit = fs.fit_templates(fs.templates(data, scores[1], bins=bins), systematics, name="trees")
fit

# %%
fs.plot(fit.postfit[0])

# %% [markdown]
# Which uncertainty moves the strength most?

# %%
fs.plot(fs.rank_nuisances(fit, most=8))

# %% [markdown]
# A count above one cut, for comparison. The limit is exact (Poisson, the background's mean marginalised); asymptotic formulas are too strong where few events are
# expected: for three on three by 11 %.

# %%
best = next(figure.best for figure in scan.figures if figure.name == "asimov_z")
error = best.background / np.sqrt(best.background_effective)
fs.count(
    best.signal, best.background, background_uncertainty=np.hypot(0.1, error / best.background)
)

# %% [markdown]
# ## Exercises
#
# 1. Fit the score of the network in the pseudo-data as well. It expects more than the trees do. Does it find more, and would that be a reason to choose it?
# 2. Give the trees `m_z1` and `m_z2` alone. How much is lost? Then everything *but* these two.
# 3. Put `m4l` among the inputs and make the table of the spurious signal again. What happened to the AUC, and what to the background at 125 GeV?
# 4. Let the background be uncertain by 50 %. Where does the best cut go, and which of the figures of merit did not notice?
# 5. Judge the trees without weights: `sklearn.metrics.roc_auc_score(data.signal, scores[1].value)` on simulated events. Here the difference is small. Why, and
#    when would it not be? (Hint: look at the weights of the events of one sample.)
# 6. Train the forest with ten seeds, `seeds=10`. Does its AUC change by more than its interval?
