"""Process cards: what is generated, at which rate, by whose calculation, and what it cannot describe. What to use when.

All at 13 TeV.

- ``catalogue``: the recipes by name.
- ``four_leptons``: H → ZZ* → 4ℓ and ZZ.
- ``dijets``: W' → X Y in two fat jets, and QCD.
- ``stops``: stop pairs with four-body decays on a grid of masses, tt̄ and W + jets.
- ``heavy_higgs``: H(1 TeV) → ZZ → ℓℓqq, Z + jets, two bosons, tt̄.
- ``ww``: H → WW* → 2ℓ2ν, WW and tt̄.
- ``ttz``: a stand-in for tt̄Z, tt̄, Z + jets, two bosons.
"""
