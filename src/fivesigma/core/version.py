"""The version of fivesigma and where it is documented, in the one place that packaging, provenance and the page read."""

__version__ = "0.1.0"
DOCUMENTATION = "https://fivesigma.readthedocs.io/en/latest/"
