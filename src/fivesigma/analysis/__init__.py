"""YAML to a run directory. What to use when.

- ``run_analysis`` (in ``run``): the whole of it, stage by stage, resuming what stands.
- ``configuration``: a YAML file as a validated `Analysis`; every problem at once, with its line.
- ``schema``: what a configuration may say. ``yaml_source``: the file, and where each of its keys stands.
- ``consistency``: what the schema cannot see, such as a region that names no observable.
- ``directory``: the layout of a run directory, and writes that leave nothing half-written.
- ``stages``: keys, and what is done again. ``events_stage``, ``models_stage``, ``features_stage``, ``judgement_stage``,
  ``inference_stage``, ``page_stage``: the stages themselves, in the order in which they run. ``page_content``: what its page is made from.
- ``model_judgement``: all that is said of one model. ``judgement_values``, ``judgement_drawings``, ``judgement_findings``: as results,
  as figures, and what is notable in it.
- ``explore``: the events of an analysis before any model, as a page.
- ``starter``: a first YAML for event files. ``starter_tables``, ``starter_labels``: which are its samples; ``starter_columns``,
  ``starter_weights``: what their columns are for; ``starter_text``, ``starter_lines``: the YAML itself.
- ``stored_models``: the models of a run, read back. ``exporting``: as ONNX; ``fold_rule``: which fold an event is of, in words.
- ``exporting_fits``, ``exporting_tables``, ``exporting_figures``, ``exporting_hepdata``: what else leaves a run, each for its readers.
- ``scoring``: the score of a model beside the columns of event files. ``scoring_sources``, ``scoring_inputs``, ``event_scores``,
  ``event_writers``: what is read, what a model sees of it, its scores, and what is written.
- ``recipes``: the analyses that come with the package.
"""
