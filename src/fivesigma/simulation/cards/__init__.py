"""Process cards: what is generated, at which rate, by whose calculation, and what it cannot describe. What to use when.

- ``four_leptons``: H → ZZ* → 4ℓ and ZZ, at 13 TeV.
- ``stops``: stop pairs with four-body decays on a grid of masses, tt̄ and W + jets, at 13 TeV.
- ``catalogue``: the recipes by name.
"""
