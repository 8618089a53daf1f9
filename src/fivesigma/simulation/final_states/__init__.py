"""What an exercise's events hold: from particles to the columns of its files. What to use when.

- ``catalogue``: the function of a final state, by the name that a process card has for it.
- ``four_leptons``: pt, η, φ, flavour and charge of four leptons.
- ``single_lepton``: one lepton, jets and missing momentum, as a search for compressed stops has them.

Each is a function of a batch of events, a detector, and a source of random numbers; it returns which events are kept and
their columns, each of shape (kept,).
"""
