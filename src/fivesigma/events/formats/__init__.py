"""Files of each format as a `Source`. What to use when.

- ``opening``: the source of a file, whatever its format; the names of the trees or keys in it.
- ``root_files`` (with ``root_trees``, ``root_ntuples``, ``root_columns``): TTree and RNTuple.
- ``csv_files`` (with ``csv_layout``, ``csv_rows``, ``csv_values``): tables of text, packed or not.
- ``parquet_files``, ``frames`` (with ``arrow_columns``): Parquet, and tables in memory.
- ``hdf5_files`` (with ``hdf5_layouts``, ``hdf5_pandas``, ``hdf5_values``, ``hdf5_checks``): datasets, and tables of pandas.
- ``named_columns``: what all of them answer when a column is asked for that is not there.
"""
