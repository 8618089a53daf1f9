"""Procedures that need several rooms, in memory. What to use when.

- ``working_point``: count the events above a cut in a model's score, the cut chosen where it cannot flatter the result.
  ``limit_working_point``: the expected limit against that cut, and the cut where it is least.
- ``classifier_systematics``: what every uncertainty costs on a signal strength that is counted so, at each cut and at the best one.
- ``anomaly``: a resonance at any mass, without labels.
- ``mass_search``: a peak in a mass spectrum, before or after such a cut.
- ``shifted_scores``: the distribution of a score, nominal and as a systematic moves it.
- ``count_and_fit``: that count beside a template fit of the whole score, so that one sees what profiling gains.
- ``varied_scores``, ``strength_changes``, ``strength_choice``, ``strength_checks``: what it is made of: events and scores as systematics
  make them, what they change above each cut, which cut is best, and what is odd about all that.
"""
