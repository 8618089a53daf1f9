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
# # Two jets and no label: is there a resonance, and where?
#
# **Background.** QCD makes pairs of jets; their mass falls smoothly over orders of magnitude.
#
# **Signal.** Perhaps a heavy W′ → XY, where X and Y decay to two quarks each, so that each of them is one jet with two cores. Nobody knows its mass, nor those of X and Y. No
# event has a label: this is what real data are like.
#
# The events come with the package: Pythia 8 and a parametrised detector, at 13 TeV. We put in the signal ourselves, 200 events of 45,000, and forget it until the end.

# %%
import numpy as np
import polars as pl

import fivesigma as fs
from fivesigma.searches.anomaly.background_model import BackgroundModel
from fivesigma.searches.anomaly.null_experiments import null_experiments
from fivesigma.searches.anomaly.scan import with_null_experiments
from fivesigma.searches.anomaly.views import best_spectra, window_training, windows_on_spectrum

# %%
events = fs.recipe("dijet-anomaly").events
qcd, wprime = (pl.read_parquet(events / f"{name}.parquet") for name in ("qcd", "wprime"))
mixture = pl.concat([qcd, wprime.head(200)])
mixture.height

# %% tags=["parameters"]
folds, members, trees, experiments = 5, 3, 100, 6  # less of each for a quick look
masses = range(3000, 5001, 200)  # GeV

# %% [markdown]
# ## Explore
#
# A table has momenta and masses of two jets, and how well each is described by one, two or three cores (τ1, τ2, τ3). What does a physicist make of it? The mass of the pair, to look for a bump in. And
# four features that know as little of that mass as possible: the lighter jet's mass, the difference of both, and τ2/τ1 of each, small for a jet with two cores.
#
# A jet of a single particle has τ1 = 0. `ratio` says that there is no ratio then; 0/0 by hand is a NaN in the training, or a warning that nobody reads.

# %%
lighter = "of_lighter(mj1, mj2, ratio(tau2j1, tau1j1), ratio(tau2j2, tau1j2))"
inputs = {
    "m_light": "min(mj1, mj2)",
    "m_difference": "abs(mj1 - mj2)",
    "tau21_light": lighter,
    "tau21_heavy": lighter.replace("lighter", "heavier"),
}
m_jj = "dijet_mass(pxj1, pyj1, pzj1, mj1, pxj2, pyj2, pzj2, mj2)"
seen = fs.read(mixture, id_columns=["id"]).sample("mixture", kind="data", pseudo=True)
data = fs.dataset([seen], inputs=inputs, observables={"m_jj": m_jj})
data

# %% [markdown]
# How strong is the signal in the window where we know it to be? Not in the notebook of a real search; here we may look once.

# %%
mass = data.observables["m_jj"]
inside = abs(mass - 3500) < 200
fs.table({"3.3 to 3.7 TeV": {"events": int(inside.sum()), "S/√B": 200 / np.sqrt(inside.sum())}})

# %% [markdown]
# (Nearly all of the 200 lie there.) A bump of 2 σ, at a mass that one does not know: nobody would see it.
#
# ## Select: windows
#
# For each hypothesis there is a window, and a sideband on either side of it. Windows must leave no gap, and none may reach down to where the spectrum still rises: a smooth fall is
# all that is assumed.

# %%
options = fs.ScanOptions(
    range=(2550, 7500), folds=folds, members=members, parameters={"max_iter": trees}
)
windows = fs.mass_windows(masses, width=400, sideband=400, within=options.range)
len(windows)

# %% [markdown]
# ## Train: window against sidebands
#
# If there is a signal in the window, then the window is a mixture with more of it than the sidebands have. A classifier of window against sidebands, both labels that everybody can see, is then a classifier of
# signal against background ([CWoLa](https://arxiv.org/abs/1708.02949)). If there is none, it has nothing to learn.
#
# It will learn *something*: which events were in the window. So each event is scored by trees of other folds. Here is what the wrong way gives, with the window of 4.4 TeV, where
# there is no signal at all:

# %%
from sklearn.ensemble import HistGradientBoostingClassifier

near, window = abs(mass - 4400) < 600, abs(mass - 4400) < 200
remembers = HistGradientBoostingClassifier(random_state=0).fit(data.X[near], window[near])
score = remembers.predict_proba(data.X)[:, 1]
selected = near & (score > np.quantile(score[near], 0.99))
found = int((selected & window).sum())
expected = (selected & ~window).sum() * window.sum() / (near & ~window).sum()
fs.table({"1 % of highest score": {"in the window": found, "expected": float(expected)}})

# %% [markdown]
# A "discovery" of nothing: the very events that the trees were shown come back to them. Now out of fold:

# %%
given = fs.scan_events(mass, data.X, data.id, options)
plain = fs.anomaly_scan(given, windows, options, features=data.inputs)
plain

# %% [markdown]
# ## Judge
#
# Is it enough that the scores are out of fold? The features know a little of the mass: heavier pairs have heavier jets. A classifier can learn *that*, and then it carves a bump where there is none.
# `decorrelate` replaces each feature by its quantile among events of the same mass.

# %%
from dataclasses import replace

flat = replace(options, decorrelate=True)
uncorrelated = fs.scan_events(mass, data.X, data.id, flat)
scan = fs.anomaly_scan(uncorrelated, windows, flat, features=data.inputs)
scan

# %% [markdown]
# How well do the trees tell window from sidebands? Their AUC is near one half, at the signal's mass as everywhere. In a lesson that ended here the conclusion was "nothing there". But of 6,500
# events in the window three in a hundred are what can be learned: an AUC over *all* events cannot see it. The highest scores can.

# %%
fs.plot(window_training(scan))

# %%
fs.plot(windows_on_spectrum(scan))

# %% [markdown]
# ## Infer: a local p-value
#
# Of the highest scores, chosen without a look at any label (10 %, 1 %, 0.2 % of the events in each fold), the spectrum is fitted outside the window by the dijet function. What does the fit expect inside it, and
# what is there?

# %%
fs.plot(scan)

# %%
fs.plot(best_spectra(scan))

# %% [markdown]
# ## Infer: a global p-value
#
# The largest of many local significances is large. How large by chance? Bonferroni's bound multiplies by the number of looks. It trusts the local p-values, though, and every one of them comes from a
# classifier that was trained on fluctuations.

# %%
fs.table(
    {"looks": {"how many": scan.trials, "largest Z": scan.best.z, "p ≤": scan.bonferroni.value}}
)

# %% [markdown]
# So the whole is repeated on events without a signal: masses from the smooth fit, features from a model of the background, and every classifier trained anew. (Shuffling features among events of nearly the same mass would *not* do:
# a signal would survive it.) With k of N experiments above what was seen, $p = (k+1)/(N+1)$. So few experiments can say no more than that.

# %%
model = BackgroundModel.of_scan(scan, uncorrelated, flat, features="conditional")
nulls = null_experiments(
    windows, flat, model=model, count=experiments, members=1, observed_z=scan.best.z, seed=1
)
fs.plot(nulls)

# %%
whole = with_null_experiments(scan, [nulls])
fs.table({"global": {"p": nulls.p_value, "largest Z of a null": float(nulls.largest_z.max())}})

# %% [markdown]
# ## Who was it?
#
# Now the label: the last 200 events of the mixture. Of what the best selection keeps in its window, how many are signal?

# %%
in_window = whole.events.selected & (abs(uncorrelated.mass - scan.best.mass) < 200)
truth = np.isin(uncorrelated.mass, mass[qcd.height :])
kept = {"all": in_window, "signal": in_window & truth}
fs.table({name: {"events": int(which.sum())} for name, which in kept.items()})

# %% [markdown]
# ## Exercises
#
# 1. Leave the signal out. What is the largest Z now, with `plain` and with `scan`? And the AUC?
# 2. Put in 100, 300 and 400 events. From where on would you believe it?
# 3. Use `tau3j1` and `tau2j1` as features, as they are. Which windows light up, and do the pseudo-experiments agree?
# 4. Make the windows 200 GeV wide. What becomes of the local Z of the best window, and of the number of looks?
# 5. Choose the window after the scan, quote its local p alone, and do so in each of the pseudo-experiments. How often is it below 1 %?
# 6. A network instead of trees: `ScanOptions(use="network", parameters={"hidden": [16, 16]})`. Is its largest Z another one? By more than other seeds of the trees are?
