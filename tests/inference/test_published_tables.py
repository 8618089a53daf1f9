"""Published limits from text: tables with named columns, contours, and the SModelS database."""

from pathlib import Path

import pytest

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.inference.published_limits import PublishedContour, PublishedLimits, PublishedPoint
from fivesigma.inference.published_tables import published_limits

SMODELS = """txName: T2bbffff
source: CMS
axes: [[x, x - y], [x, x - y]]
upperLimits: [[[[2.5000E+02*GeV,2.4000E+02*GeV],[2.5000E+02*GeV,2.4000E+02*GeV]],3.5939E+00*pb],
[[[0.3*TeV,2.4E+02*GeV],[3E+02*GeV,2.4000E+02*GeV]],500*fb]]
expectedUpperLimits: [[[[2.5000E+02*GeV,2.4000E+02*GeV],[2.5000E+02*GeV,2.4000E+02*GeV]],2.5834E+00*pb]]
"""
MASSES = ("m_stop", "m_lsp")


def test_a_table_with_named_columns() -> None:
    text = "# of HEPData\nm_lsp  m_stop expected observed  note\n240 250  2.6 3.6 a\n\n235 250 - 2.8 b  # only seen\n"
    published = published_limits(text, name="CMS", reference="SUS-17-005", parameters=MASSES)
    assert published.title == "CMS (SUS-17-005)"
    assert published.points == (
        PublishedPoint(parameters={"m_stop": 250, "m_lsp": 240}, observed=3.6, expected=2.6),
        PublishedPoint(parameters={"m_stop": 250, "m_lsp": 235}, observed=2.8),
    )
    assert [published.place(point) for point in published.points] == [(250, 240), (250, 235)]


def test_columns_may_have_other_names() -> None:
    text = "Mass [GeV],Upper limit\n100,0.5\n200,0.1"
    columns = {"mass": "Mass [GeV]", "observed": "Upper limit"}
    points = published_limits(text, name="ATLAS", parameters=["mass"], columns=columns).points
    assert [(point.parameters["mass"], point.observed, point.expected) for point in points] == [
        (100, 0.5, None),
        (200, 0.1, None),
    ]


def test_a_table_without_limits_is_a_contour() -> None:
    text = "m_stop,m_lsp,contour\n1,2,observed\n3,4,observed\n5,6,expected\n"
    observed = PublishedContour(name="observed", points=((1, 2), (3, 4)))
    published = published_limits(text, name="CMS", parameters=MASSES)
    assert published.contours == (observed, PublishedContour(name="expected", points=((5, 6),)))
    assert published_limits("m_stop m_lsp\n1 2\n3 4", name="CMS", parameters=MASSES).contours == (observed,)


def test_the_database_of_smodels() -> None:
    published = published_limits(SMODELS, name="CMS", parameters=MASSES)
    assert published.points == (
        PublishedPoint(parameters={"m_stop": 250, "m_lsp": 240}, observed=3.5939, expected=2.5834),
        PublishedPoint(parameters={"m_stop": 300, "m_lsp": 240}, observed=0.5),
    )


def test_what_cms_published_of_compressed_stops() -> None:
    file = Path(__file__).parents[3] / "shared/data/cms_stop_limits/T2bbffff.txt"
    if not file.exists():
        pytest.skip("no ../shared/data/cms_stop_limits/T2bbffff.txt here")
    published = published_limits(file.read_text(), name="CMS", reference="CMS-SUS-17-005", parameters=MASSES)
    assert len(published.points) == 345
    assert published.points[0].observed == 3.5939
    assert {point.parameters["m_stop"] for point in published.points} == set(range(250, 801, 25))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("m_stop m_lps observed\n1 2 3", "no column 'm_lsp'.*m_lps"),
        ("m_stop m_lsp observed", "a line of column names and one for each point"),
        ("m_stop m_lsp observed\n1 2", "line 2 has 2 entries for 3 columns"),
        ("m_stop m_lsp observed\n1 2 x", "line 2, observed: 'x' is no number"),
        ("m_stop m_lsp observed\n1 2 0", "m_stop = 1, m_lsp = 2: a published limit is above zero"),
        ("m_stop m_lsp observed\n1 2 -", "above zero, in pb, not absent"),
        ("m_stop m_lsp observed\n1 2 3\n1 2 4", "two limits at one place"),
        (SMODELS.replace("0.3*TeV", "301*GeV"), "not one each of m_stop, m_lsp on both sides"),
        (SMODELS.replace("500*fb", "500*furlong"), "has no unit known"),
        ("upperLimits: None", "no limit and no contour"),
    ],
)
def test_tables_that_say_nothing_clear_are_refused(text: str, match: str) -> None:
    with pytest.raises((FivesigmaError, DataError), match=match):
        published_limits(text, name="CMS", parameters=MASSES)


def test_points_and_lines_must_be_over_the_parameters() -> None:
    with pytest.raises(FivesigmaError, match="CMS: a point has mass, not m_stop"):
        PublishedLimits(
            name="CMS",
            reference="",
            parameters=("m_stop",),
            points=(PublishedPoint(parameters={"mass": 1}, observed=1.0),),
        )
    with pytest.raises(FivesigmaError, match="the line 'observed' needs points of m_stop"):
        PublishedLimits(
            name="CMS",
            reference="",
            parameters=("m_stop",),
            contours=(PublishedContour(name="observed", points=((1.0, 2.0),)),),
        )
