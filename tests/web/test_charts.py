from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from portal.web.charts import Point, Series, Step, bullet, funnel, sparkline, step_line, svg

SVG = "{http://www.w3.org/2000/svg}"
CURVE = Series(
    "Northgate",
    (Point(0, 0), Point(1, 210, 180, 260), Point(2, 520, 450, 600), Point(3, 934, complete=False)),
)
STEPS = (Step("Referred", 3130), Step("Reached", 1104), Step("Paid", 0))


def parsed(drawing: Markup) -> ET.Element:
    return ET.fromstring(str(drawing))


def words(drawing: Markup) -> list[str]:
    return [node.text or "" for node in parsed(drawing).iter(f"{SVG}text")]


def all_kinds(title: str = "Liquidation", ink: str = "currentColor") -> list[Markup]:
    return [
        step_line(title, "d", [CURVE], x_label="Months on book", ink=ink),
        bullet(title, "d", value=934, target=1000, peers=(600, 1100), highest=1500, ink=ink),
        funnel(title, "d", STEPS, ink=ink),
        sparkline(title, "d", [3, 4, 9]),
    ]


@pytest.mark.parametrize("drawing", all_kinds())
def test_every_chart_is_an_image_with_a_title_and_a_description(drawing: Markup) -> None:
    picture = parsed(drawing)
    named = (picture.get("aria-labelledby") or "").split()

    assert picture.get("role") == "img"
    assert [node.get("id") for node in picture[:2]] == named
    assert [node.text for node in picture[:2]] == ["Liquidation", "d"]


@pytest.mark.parametrize("drawing", all_kinds(title="A < B & <script>alert(1)</script>"))
def test_no_chart_carries_style_script_or_markup_from_its_words(drawing: Markup) -> None:
    names = {node.tag.removeprefix(SVG) for node in parsed(drawing).iter()}
    attributes = {key for node in parsed(drawing).iter() for key in node.attrib}

    assert names <= {"svg", "title", "desc", "text", "line", "path", "circle", "rect", "polyline"}
    assert "style" not in attributes
    assert not [key for key in attributes if key.startswith("on")]


def test_the_same_figures_give_the_same_drawing() -> None:
    assert all_kinds() == all_kinds()


def test_charts_take_the_ink_of_a_document() -> None:
    on_paper = "".join(all_kinds(ink="#10292f"))

    assert "currentColor" not in on_paper
    assert "#10292f" in on_paper


def test_a_curve_holds_its_value_until_the_next_month() -> None:
    drawing = parsed(step_line("t", "d", [CURVE], x_label="m"))
    line = next(
        node.get("d") or ""
        for node in drawing.iter(f"{SVG}path")
        if node.get("fill") == "none" and "H" in (node.get("d") or "")
    )

    assert [part[0] for part in line.split()[2:]] == ["H", "V"] * 3


def test_an_incomplete_month_is_hollow() -> None:
    drawing = parsed(step_line("t", "d", [CURVE], x_label="m"))
    fills = [node.get("fill") for node in drawing.iter(f"{SVG}circle")]

    assert fills == [svg.SERIES[0][0]] * 3 + ["none"]


def test_an_estimate_has_a_band_around_it() -> None:
    with_band = parsed(step_line("t", "d", [CURVE], x_label="m"))
    without = parsed(step_line("t", "d", [Series("s", (Point(0, 0), Point(1, 9)))], x_label="m"))

    assert [node for node in with_band.iter(f"{SVG}path") if node.get("fill-opacity")]
    assert not [node for node in without.iter(f"{SVG}path") if node.get("fill-opacity")]


def test_each_curve_has_a_colour_and_a_dash_of_its_own_and_its_name_at_the_end() -> None:
    curves = [Series(f"Agency {n}", (Point(0, 0), Point(1, 300 + n))) for n in range(6)]

    drawing = step_line("t", "d", curves, x_label="m")
    strokes = {
        (node.get("stroke"), node.get("stroke-dasharray"))
        for node in parsed(drawing).iter(f"{SVG}path")
    }
    places = [
        float(node.get("y") or 0)
        for node in parsed(drawing).iter(f"{SVG}text")
        if (node.text or "").startswith("Agency")
    ]

    assert strokes == set(svg.SERIES)
    assert len({dash for _, dash in strokes}) == 6
    assert all(later - earlier >= 14 for earlier, later in pairwise(places))


def test_a_seventh_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="six"):
        step_line("t", "d", [CURVE] * 7, x_label="m")


def test_no_curves_still_make_a_frame() -> None:
    assert "0%" in words(step_line("t", "d", [], x_label="Months on book"))


def test_a_funnel_tells_each_count_and_its_share_of_the_step_before() -> None:
    assert words(funnel("t", "d", STEPS)) == [
        "Referred",
        "3130",
        "Reached",
        "1104 · 35.27%",
        "Paid",
        "0 · 0%",
    ]


def test_a_step_after_nobody_has_no_share() -> None:
    assert words(funnel("t", "d", [Step("a", 0), Step("b", 0)])) == ["a", "0", "b", "0"]


def test_a_bullet_longer_than_its_scale_stays_inside() -> None:
    bars = parsed(bullet("t", "d", value=4000, highest=1000)).iter(f"{SVG}rect")

    assert max(float(bar.get("width") or 0) for bar in bars) <= 230


@pytest.mark.parametrize("values", [[], [5], [5, 5, 5], [0, 10, -3]])
def test_a_sparkline_stays_inside_its_picture(values: list[int]) -> None:
    drawing = parsed(sparkline("t", "d", values))
    points = [
        tuple(map(float, pair.split(",")))
        for node in drawing.iter(f"{SVG}polyline")
        for pair in (node.get("points") or "").split()
    ]

    assert len(points) == len(values)
    assert all(0 <= x <= 90 and 0 <= y <= 22 for x, y in points)


@pytest.mark.parametrize(
    ("highest", "steps"),
    [
        (934, [0, 200, 400, 600, 800, 1000]),
        (5, [0, 1, 2, 3, 4, 5]),
        (0, [0, 1]),
        (1100, [0, 500, 1000, 1500]),
    ],
)
def test_axes_end_on_round_numbers(highest: int, steps: list[int]) -> None:
    assert svg.axis_steps(highest) == steps
