"""Physics processes to event files. What to use when.

- ``processes``, ``filters``: what a process card holds, and what a recipe has of them; ``cards`` are those there are.
- ``soundness``: what a card or a recipe must not be.
- ``slha``: the text of a supersymmetric spectrum for a card.
- ``samples``: write the event file of a process; called with a `Generation`.
- ``pseudo_data``: write pseudo-data, drawn from events of their own.
- ``generate``: generate events of one process on several workers, and go on after being killed.
- ``rates``: how many events a luminosity brings.
- ``final_states``: what is kept of an event, by name; made of ``objects``, what a detector measures of it.
- ``files``: event files with their provenance inside.
- ``chunks``, ``worker``, ``hooks``: one piece of the generation in a process of its own, which can be killed and repeated.
- ``running``: those processes, so that they end with the command.
- ``locks``: one simulation at a time of a process in a folder.
- ``errors``: what can go wrong with a generation.

Needs the extra ``simulate``: Pythia 8, which only ``worker`` and ``hooks`` import, and FastJet, which only
``objects.clustering`` does.
"""
