"""From the generator's particles to what a detector measures of them. What to use when.

- ``particles``: the generator's record of a batch of events as flat arrays.
- ``detector``: the one table of constants of what is measured, and how well.
- ``measured``: what leptons and jets have in common.
- ``dressing``, ``leptons``, ``isolation``: true leptons with their photons; what is measured of them; those that stand alone.
- ``clustering``, ``jets``: jets of particles, by FastJet; what is measured of them, and whether they look like bottom quarks'.
- ``grooming``, ``substructure``, ``energy_correlation``: trimming, N-subjettiness and D2 of jets.
- ``beside``: jets of what is left beside chosen leptons.
- ``missing_momentum``: what is left when everything measured is added up.
- ``pairing``: pairs and ranks of objects of the same event.
"""
