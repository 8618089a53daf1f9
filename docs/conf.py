"""How the documentation is built: `make docs`. No network is needed, and every warning is an error."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from generate import write_reference
from sphinx.application import Sphinx

from fivesigma.core import arrays
from fivesigma.core.version import __version__

project = "fivesigma"
author = "The fivesigma developers"
copyright = "2026, the fivesigma developers"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx_click",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
smartquotes = False  # they make one dash of the two before an option
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_type_aliases = {name: name for name in arrays.__all__ if name[0].isupper()}
napoleon_google_docstring = False
napoleon_attr_annotations = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"fivesigma {release}"
html_theme_options = {
    "source_repository": "https://github.com/fivesigma/fivesigma/",
    "source_branch": "main",
    "source_directory": "docs/",
}


def escape_bars(_app: Sphinx, _what: str, _name: str, _obj: object, _options: object, lines: list[str]) -> None:
    """Let docstrings write |w| and |η| as the field does; between bars reStructuredText expects a substitution."""
    for number, line in enumerate(lines):
        parts = re.split(r"(``.*?``|:math:`.*?`)", line)
        lines[number] = "".join(p if i % 2 else re.sub(r"\|(?=\S)", r"\\|", p) for i, p in enumerate(parts))


def is_routing(_app: Sphinx, _what: str, name: str, _obj: object, _skip: bool, _options: object) -> bool | None:
    """Leave out what scikit-learn adds to its estimators for its own use, in words that lead to pages of its own."""
    return True if re.fullmatch(r"set_\w+_request", name) else None


def setup(app: Sphinx) -> None:
    """Write the pages that are made from the code before they are read."""
    app.connect("builder-inited", lambda app: write_reference(Path(app.srcdir)))
    app.connect("autodoc-process-docstring", escape_bars)
    app.connect("autodoc-skip-member", is_routing)
