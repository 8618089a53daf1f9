"""A run's results as one HTML page that fetches nothing. What to use when.

- ``content``: ``RunContent`` and ``FigureEntry``, everything the page is made from.
- ``page``: ``render`` turns that content into the page. ``explore``: the page of events before any model.
- ``answer``: the run in a sentence or two, for the page, the terminal and the README alike.
- ``labels``: what the fields of ``results.json`` are called in print.
- ``tables``: tables, and how any nested results become some.
- ``cells``: one entry of a table: a number with its errors, a text, or nothing.
- ``limits``: limits with the same decimals wherever they are printed.
- ``yields``, ``models``, ``inference``: the tables of these sections; ``sections`` puts all of them in order.
- ``opening``, ``closing``: what stands around the answer, and what ends the page.
- ``figures``: figures as images inside the page.
"""
