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
# # A heavy Higgs boson to ZZ: cuts, networks, and peaks of nothing
#
# **Signal.** H of 1 TeV → ZZ. One Z boson decays to two leptons, the other to two quarks. It is so fast that both are in one fat jet, of the mass of a Z boson and with two cores. The mass of all, m(ℓℓJ), peaks at 1 TeV.
#
# **Background.** A Z boson beside a jet that is heavy by chance; ZZ and WZ; top pairs. Its mass falls smoothly. Four hundred times as much as signal.
#
# Simulated by Pythia 8 with a parametrised detector for 36.1 fb⁻¹ at 13 TeV; the signal, 0.05 pb, is a benchmark. There are no data: every significance here is the one to expect.

# %%
import itertools

import numpy as np

import fivesigma as fs

events = fs.recipe("heavy-higgs").events
sorted(path.name for path in events.iterdir())

# %% tags=["parameters"]
folds, epochs, scan_step = (
    5,
    30,
    1,
)  # less of each for a quick look; one in scan_step square cuts is tried

# %% [markdown]
# ## Select
#
# Only a range of masses in which the spectrum falls. Energies in the files are in MeV; they become GeV once, here, and nowhere else.

# %%
labels = {"higgs_1000": "H(1 TeV)", "zjets": "Z + jets", "diboson": "ZZ, WZ", "ttbar": "tt̄"}


def sample(name):
    files = fs.read(events / f"{name}.parquet", id_columns=["id"])
    kind = "signal" if name == "higgs_1000" else "background"
    spectrum = files.select(spectrum="600 < reco_zv_mass / 1000 < 2000").weigh("FullEventWeight")
    return spectrum.sample(name, kind=kind, label=labels[name])


samples = [sample(name) for name in labels]
samples[1]

# %% [markdown]
# ## Explore
#
# What is seen inside the jet, and *ratios* of momenta to the mass. The momenta themselves would tell the mass: a jet of 500 GeV across the beam belongs to a pair of 1 TeV.
#
# The mass, in TeV, is there as well, for a network that is to be caught.

# %%
shapes = {
    "m_j": "fatjet_mass / 1000",
    "d2": "fatjet_D2",
    "m_ll": "Zll_mass / 1000",
    "eta_j": "fatjet_eta",
}
ratios = {
    f"{name}_over_m": f"{column} / reco_zv_mass"
    for name, column in (("pt_j", "fatjet_pt"), ("pt_ll", "Zll_pt"))
}
harmless = [*shapes, *ratios]

# %%
data = fs.dataset(
    samples,
    inputs={**shapes, **ratios, "mass": "reco_zv_mass / 1e6"},
    observables={"m_zv": "reco_zv_mass / 1000"},
)
data

# %%
fs.plot(fs.feature_distributions(data, features=harmless), columns=3)

# %% [markdown]
# ## Square cuts
#
# A jet of the mass of a Z boson, with two cores (small D₂), and two leptons of a Z boson. Where exactly? Scanned on half of the events, and read on the other, as the best of many cuts is the luckiest
# of them. And no cut may leave fewer than 40 effective events of background.

# %%
m_j, d2, m_ll = (data.matrix([name])[:, 0] for name in ("m_j", "d2", "m_ll"))
mass = data.observables["m_zv"]
peak, half = abs(mass - 1050) < 200, np.random.default_rng(42).random(len(data)) < 0.5


def significance(cut):
    s, b = 2 * data.weight[cut & data.signal].sum(), 2 * data.weight[cut & data.background]
    z = fs.counting_scan([s], [max(b.sum(), 1e-9)], method="asymptotic").z_expected
    return float(z[0]), b.sum() ** 2 / max((b**2).sum(), 1e-9)


# %%
edges = itertools.product((60, 65, 70, 75), (100, 105, 110, 120), (1.5, 2, 2.5, 3), (10, 15))
tried = []
for low, high, most, near in itertools.islice(edges, 0, None, scan_step):
    square = peak & (low < m_j) & (m_j < high) & (d2 < most) & (abs(m_ll - 91) < near)
    z, effective = significance(square & half)
    if effective >= 40:
        tried.append((z, significance(square & ~half)[0], (low, high, most, near)))
best = max(tried)
fs.table({"best of": {"cuts tried": len(tried), "z where chosen": best[0], "z elsewhere": best[1]}})

# %% [markdown]
# ## Train
#
# Three networks. Signal and background of equal weight, half and half: one that sees shapes and ratios; one that is trained only on events that pass the cuts; and one that is given the mass.

# %%
low, high, most, near = best[2]
cuts = (low < m_j) & (m_j < high) & (d2 < most) & (abs(m_ll - 91) < near)
use = {"folds": folds, "balance": "halves", "hidden": [64, 64], "epochs": epochs}
network = fs.cross_fit("network", data, name="network", inputs=harmless, **use)
after = fs.cross_fit(
    "network", data, name="trained after cuts", inputs=harmless, training=data.where(cuts), **use
)
knowing = fs.cross_fit("network", data, name="given the mass", inputs=[*harmless, "mass"], **use)
network

# %% [markdown]
# ## Judge

# %%
scores = [model.score(data) for model in (network, after, knowing)]
fs.plot([fs.roc(data, score) for score in scores])

# %%
fs.compare(data, scores, background_uncertainty=0.02, floor=25)

# %% [markdown]
# The last one is far better, it seems, in every number. Its trick is to select events at 1 TeV, of whatever kind. What do cuts on the scores make of the *background*?

# %%
fs.plot(fs.sculpting(data, scores[0], "m_zv", efficiencies=(0.1,)))

# %%
fs.plot(fs.sculpting(data, scores[2], "m_zv", efficiencies=(0.1,)))

# %% [markdown]
# ## Infer: without or with a peak
#
# The spectrum is fitted by a falling function alone (H0), and with a peak of known shape on it (H1). The significance to expect is √(χ²₀ − χ²₁) of Asimov data, which are of the size of real data: fitting weighted simulation with its own
# errors instead gives the significance that the *simulation* has, which says nothing.
#
# Before any cut, after square cuts, after a cut on the network that keeps about 2 % of the background, and on the one that knows the mass.

# %%
bins = np.linspace(600, 2000, 29)


def spectrum(which):
    events = {"name": "m_zv", "label": "m(ℓℓJ) [GeV]"}
    return fs.Spectrum.of(mass[which], data.weight[which], bins, **events)


def fitted(name, kept):
    signal, background = spectrum(kept & data.signal), spectrum(kept & data.background)
    return fs.fit_mass(signal, background, family="dijet", energy=13_000, name=name)


# %%
above = {score.model: score.value >= 0.98 for score in scores}
stages = {"before": np.ones(len(data), dtype=bool), "square cuts": cuts, **above}
fits = {name: fitted(name, kept) for name, kept in stages.items()}

# %%
fs.table(
    {
        name: {
            "signal": fit.signal,
            "background": fit.background_events,
            "z expected": fit.z,
            "z of the simulation": fit.z_simulation,
        }
        for name, fit in fits.items()
    }
)

# %%
fs.plot(fits["network"])

# %% [markdown]
# For all its AUC, the network that knows the mass is worth less here: the background left of its cut is a peak as well, and nothing beside it says how much of it there is.
#
# How large a peak does each fit find where there is *none*, in background alone?

# %%
fs.table(
    {
        name: {"z": fit.z, "with the spurious signal": fit.z_with_spurious_signal}
        for name, fit in fits.items()
    }
)

# %% [markdown]
# ## Exercises
#
# 1. Cut at 0.95 and 0.99 on the first network. Where is the significance largest, and how many simulated background events stand behind it?
# 2. Apply the first network on top of the square cuts. Do both together see more than either?
# 3. Give a network the momenta (`fatjet_pt`, `Zll_pt`) instead of the ratios, and train it between 900 and 1100 GeV only. Does it make a peak?
# 4. Let the scan of square cuts go down to 5 effective events. How far apart are the two halves now?
# 5. Fit the background by an exponential and by a Bernstein polynomial. By how much does z move, and which of them would you have preferred *before* you knew?
