"""What an exercise's events hold: from particles to the columns of its files. What to use when.

- ``catalogue``: the function of a final state, by the name that a process card has for it.
- ``four_leptons``: pt, η, φ, flavour and charge of four leptons.
- ``dijets``: momenta, masses and N-subjettiness of two fat jets.
- ``single_lepton``: one lepton, jets and missing momentum, as a search for compressed stops has them.
- ``dilepton_fat_jet``: a Z in two leptons, a fat jet and its D2.
- ``dilepton``: two leptons and missing momentum.
- ``dilepton_jets``: a Z in two leptons and many jets; ``jet_systems`` has the sums over pairs and triplets of jets.

Each is a function of a batch of events, a detector, and a source of random numbers; it returns which events are kept and
their columns, each of shape (kept,).
"""
