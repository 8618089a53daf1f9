"""The search of cms_higgs_4l.yaml in Python: ``python cms_higgs_4l.py FOLDER_WITH_THE_SKIMS``."""

import sys
from pathlib import Path

import fivesigma as fs

skims, cuts = Path(sys.argv[1]), {"z1": "40 < Z1_mass < 120", "z2": "12 < Z2_mass < 120"}
higgs = fs.read(skims / "SMHiggs*.root").select(**cuts).weigh("Weight").sample("higgs", kind="signal")
zz = fs.read(skims / "ZZTo2e2mu*.root").select(**cuts).weigh("Weight").sample("zz", kind="background")
collisions = fs.read(skims / "Run2012*.root").select(**cuts).blind("118 < Higgs_mass < 130")
seen = collisions.sample("data", kind="data", remove_duplicates=True)
angles = {"cos1": "cos(theta1)", "cos2": "cos(theta2)", "phi": "Phi", "phi1": "Phi1", "star": "cos(theta_star)"}
inputs = angles | {"m_z1": "Z1_mass", "m_z2": "Z2_mass", "pt": "Higgs_pt"}
data = fs.dataset([higgs, zz, seen], inputs=inputs, observables={"m4l": "Higgs_mass"})
trees = fs.cross_fit("hist_gradient_boosting", data, signal=["higgs"], folds=5, seed=42, name="trees").score(data)
m4l = data.observables["m4l"]
window = (m4l > 118) & (m4l < 130)
regions, edges = {"window": window, "sides": (m4l < 118) | (m4l > 130)}, [0, 0.9, 0.97, 0.99, 1]
shape = fs.templates(data, (m4l, trees), bins=[10, edges], regions=regions, observed=["sides"], name=["m4l", "trees"])
luminosity, rate = (
    fs.Normalisation(name="luminosity", size=0.026),
    fs.Normalisation(name="zz_rate", size=0.1, samples=("zz",)),
)
limit = fs.upper_limit(shape, [luminosity, rate], signal=["higgs"])
print(fs.roc(data, trees).auc, limit.expected, sep="\n")
fs.plot(limit).savefig("limit.svg")
