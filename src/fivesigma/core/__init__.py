"""The nouns that every room shares. What to use when.

- ``errors``: a mistake of the user's, with file, line, what was given and the nearest right name.
- ``expressions``: weights, cuts, features and regions written as text.
- ``kinematics``, ``dijets``, ``four_leptons``, ``list_functions``: the functions those expressions call.
- ``lists``, ``jagged``: a list of numbers for each event, as expressions compute with it and as awkward arrays.
- ``identity``: event identifiers, folds, seeds and digests.
- ``sample``, ``dataset``, ``scores``: the events, what models see of them, and what models say of them.
- ``estimate``, ``finding``: a number with its interval, and what a check found.
- ``format``: numbers as physicists print them: rounding by the PDG's rule, grouping, powers of ten. ``display``: tables that show
  themselves in a notebook.
- ``parallel``: the one seam through which work goes to other processes.
"""
