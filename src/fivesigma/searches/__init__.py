"""Procedures that need several rooms, in memory. What to use when.

- ``working_point``: count the events above a cut in a model's score, the cut chosen where it cannot flatter the result.
"""
