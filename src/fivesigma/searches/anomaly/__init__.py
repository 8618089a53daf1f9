"""Searches for a resonance without labels. What to use when.

- A bump sought at every mass by classifiers of a window against its sidebands, or by any score: ``scan``, asked as in ``options``, where
  ``windows`` say. What comes out: ``results``; what figures show of it: ``views`` and, of its events, ``event_views``.
- How likely chance does as well anywhere: ``global_p_value``; by scans of pseudo-experiments with the whole training again:
  ``null_experiments``, whose events ``background_model`` draws.
- One window by itself: ``scan_window``, of which ``weak_training`` trains, ``selection`` selects and ``excess`` counts.
- What is odd about a scan: ``scan_checks``; what is kept of one that is killed: ``scan_record``.
"""
