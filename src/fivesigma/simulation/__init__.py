"""Physics processes to event files. What to use when.

- ``processes``: the cards: which process, how Pythia is set up, its cross section and its source; and which of them a recipe has.
- ``samples``: write the event file of a process; called with a `Generation`.
- ``pseudo_data``: write pseudo-data, drawn from events of their own.
- ``generate``: generate events of one process on several workers, and go on after being killed.
- ``particles``: Pythia's event record to dressed leptons.
- ``detector``: what a detector makes of leptons: acceptance, efficiency, resolution.
- ``reconstruction``: detected leptons to the columns of a four-lepton analysis.
- ``files``: event files with their provenance inside.
- ``chunks``, ``worker``: one piece of the generation in a process of its own, which can be killed and repeated.
- ``errors``: what can go wrong with a generation.

Needs the extra ``simulate`` (Pythia 8), which only ``worker`` imports.
"""
