from datetime import date
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from portal.web.charts import (
    DayBar,
    DayCell,
    Point,
    Series,
    Step,
    bullet,
    day_bars,
    funnel,
    month,
    sparkline,
    step_line,
    svg,
)

SVG = "{http://www.w3.org/2000/svg}"
CURVE = Series(
    "Northgate",
    (Point(0, 0), Point(1, 210, 180, 260), Point(2, 520, 450, 600), Point(3, 934, complete=False)),
)
STEPS = (Step("Referred", 3130), Step("Reached", 1104), Step("Paid", 0))
BARS = [DayBar("1 Nov", 3, 1), DayBar("2 Nov", 0), DayBar("3 Nov", 0, 2)]
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: November 2026 begins on a Sunday.
CELLS = [
    DayCell(date(2026, 11, day), count, note, is_full=count == 7, is_over=count > 7)
    for day, count, note in [(1, 0, ""), (2, 3, "3/7"), (3, 7, "7/7"), (4, 8, "8/7")]
]


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
        day_bars(title, "d", BARS, filled=title, hollow="b", ink=ink),
        month(title, "d", CELLS, weekdays=WEEKDAYS, full=title, over="b", ink=ink),
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


def _boxes(drawing: Markup) -> list[tuple[float, ...]]:
    return [
        tuple(float(node.get(name) or 0) for name in ("x", "y", "width", "height"))
        for node in parsed(drawing).iter(f"{SVG}rect")
    ]


def test_a_days_hollow_part_stands_on_its_filled_one() -> None:
    drawing = day_bars("t", "d", BARS, filled="a", hollow="b")
    filled, hollow = _boxes(drawing)[2:4]

    assert filled[3] == pytest.approx(3 * hollow[3] + 4.5, abs=0.5)
    assert hollow[1] + hollow[3] < filled[1]
    assert len(_boxes(drawing)) == 2 + 3


@pytest.mark.parametrize("days", [0, 1, 7, 31, 92, 366])
def test_bars_of_any_number_of_days_stay_inside_with_at_most_eight_labels(days: int) -> None:
    bars = [DayBar(f"{day} Nov", day, 1) for day in range(days)]
    drawing = day_bars("t", "d", bars, filled="a", hollow="b")

    assert all(x + width <= 681 and y >= 0 for x, y, width, _ in _boxes(drawing))
    assert sum("Nov" in text for text in words(drawing)) <= 8


def test_a_month_begins_in_the_column_of_its_first_weekday() -> None:
    drawing = month("t", "d", CELLS, weekdays=WEEKDAYS, full="a", over="b")
    first, second = _boxes(drawing)[:2]

    assert first[0] > 6 * 680 / 7
    assert second[0] < 680 / 7
    assert second[1] > first[1]


def test_a_full_day_is_framed_and_a_day_over_the_limit_hatched_too() -> None:
    drawing = month("t", "d", CELLS, weekdays=WEEKDAYS, full="a", over="b")
    frames = [n.get("stroke") for n in parsed(drawing).iter(f"{SVG}rect") if n.get("stroke-width")]
    hatches = list(parsed(drawing).iter(f"{SVG}path"))

    # The last frame of each kind, and one hatch, are the legend's.
    assert frames == [svg.SERIES[1][0], svg.SERIES[5][0], svg.SERIES[1][0], svg.SERIES[5][0]]
    assert len(hatches) == 2
    assert {"3/7", "7/7", "8/7"} <= set(words(drawing))


def test_a_hatch_ends_at_its_day() -> None:
    cells = [DayCell(date(2026, 11, 2), 9, is_over=True)]
    drawing = parsed(month("t", "d", cells, weekdays=WEEKDAYS, full="a", over="b"))
    box = next(drawing.iter(f"{SVG}rect"))
    left, top = float(box.get("x") or 0), float(box.get("y") or 0)
    right, bottom = left + float(box.get("width") or 0), top + float(box.get("height") or 0)
    strokes = (next(drawing.iter(f"{SVG}path")).get("d") or "").replace("M", "").replace("L", "")
    places = [float(figure) for figure in strokes.split()]

    assert places
    assert all(left - 0.1 <= x <= right + 0.1 for x in places[::2])
    assert all(top - 0.1 <= y <= bottom + 0.1 for y in places[1::2])


def test_the_more_happened_the_darker_the_day() -> None:
    drawing = month("t", "d", CELLS, weekdays=WEEKDAYS, full="a", over="b")
    shades = [
        float(node.get("fill-opacity") or 0)
        for node in parsed(drawing).iter(f"{SVG}rect")
        if node.get("stroke-opacity")
    ]

    assert shades == sorted(shades)
    assert shades[0] == 0
    assert shades[-1] == 0.44
