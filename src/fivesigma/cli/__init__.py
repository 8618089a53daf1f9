"""The command line, thin: it reads arguments, calls the analysis room, and says what went wrong in the user's words.

What to use when.

- ``main``: the group of commands, and what happens when one fails.
- ``run``, ``show``, ``report``, ``validate``, ``inspect``, ``init``, ``explore``, ``recipes``, ``simulate``, ``doctor``: one command
  each, imported when called.
- ``described``: what ``inspect`` prints.
- ``progress``: what a run says while it works.
"""
