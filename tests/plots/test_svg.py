import io
import re
from xml.dom import minidom

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fivesigma.plots.style import save
from fivesigma.plots.svg import slim

SHAPES = (
    '<svg><!-- a remark --><metadata>who</metadata>\n <g id="a_1"/>\n <g id="b_1">\n  <g>'
    '<path d="M 1.23456 2 \nL -0.001 1e-07 \nz\n" style="fill: none; stroke: #000000"/></g>\n </g>\n'
    '<g id="c_1" clip-path="url(#p1)"><use xlink:href="#m1" x="3.999999" y="0.5"/></g></svg>'
)


def drawn():
    figure = Figure(figsize=(4, 3))
    axes = figure.add_subplot()
    axes.stairs(np.random.default_rng(3).random(40), fill=True, hatch="//")
    axes.errorbar([5, 20], [0.2, 0.4], yerr=0.1, marker="o", label="pT(ℓ) $x^2$")
    axes.set_yscale("log")
    axes.legend()
    return figure


def test_what_is_left():
    assert slim(SHAPES) == (
        '<svg><path d="M1.23,2L0,1e-07z" style="fill:none;stroke:#000000"/>'
        '<g clip-path="url(#p1)"><use xlink:href="#m1" x="4" y="0.5"/></g></svg>'
    )


def test_styles_that_differ_from_the_markers_own_stay():
    marker = '<path id="mab" d="M0,0" style="stroke: #000000"/>'
    same, other = '<use xlink:href="#mab" style="stroke: #000000"/>', '<use xlink:href="#mab" style="fill: #ffffff"/>'
    assert slim(marker + same + other).endswith('<use xlink:href="#mab"/><use xlink:href="#mab" style="fill:#ffffff"/>')


def test_a_real_figure_keeps_its_shapes_and_every_reference(tmp_path):
    before = io.StringIO()
    drawn().savefig(before, format="svg")
    path = save(drawn(), tmp_path / "figure", formats=["svg"])[0]
    texts = [before.getvalue(), path.read_text("utf-8")]
    trees = [minidom.parseString(text) for text in texts]  # noqa: S318 (ours)
    counts = [[len(tree.getElementsByTagName(kind)) for kind in ("path", "use", "clipPath", "defs")] for tree in trees]
    assert counts[0] == counts[1]
    names = set(re.findall(r'\bid="([^"]*)"', texts[1]))
    assert set(re.findall(r'(?:href="#|url\(#)([\w-]+)', texts[1])) <= names
    assert len(texts[1]) < 0.75 * len(texts[0])


def test_saving_leaves_the_figure_as_it_was(tmp_path):
    figure = drawn()
    canvas, dpi = FigureCanvasAgg(figure), figure.dpi
    figure.set_layout_engine("constrained")
    layout = figure.get_layout_engine()
    save(figure, tmp_path / "figure", formats=["svg", "pdf", "png"])
    assert (figure.canvas, figure.dpi, figure.get_layout_engine()) == (canvas, dpi, layout)


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    once, again = (save(drawn(), tmp_path / name, formats=["svg", "pdf"]) for name in ("once", "again"))
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]


@pytest.mark.parametrize("text", ["<svg></svg>", "<svg/>"])
def test_nothing_stays_nothing(text):
    assert slim(text) == text
