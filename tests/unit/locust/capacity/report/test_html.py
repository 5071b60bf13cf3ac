"""The HTML page: complete, in one file, the answer first."""

import re
from dataclasses import replace

import pytest

from capacity.measure.host_info import HostInfo
from capacity.model.limits import Limits
from capacity.model.search_result import Headroom, Minimum, SearchResult
from capacity.report.data import ReportData
from capacity.report.html import html
from capacity.report.language import ENGLISH, LANGUAGES, MISSING, SPANISH, Language
from capacity.report.localized import Localized
from tests.unit.locust.capacity.report.examples import (
    BUSY,
    FULL,
    HOLDS,
    QUICK,
    SLOW,
    at,
    found,
    ramp,
    report_data,
    trial,
)
from tests.unit.locust.capacity.report.page import Page
from tests.unit.locust.capacity.trial.servers import step_of

EVIL = '"><script>alert(1)</script>&amp;|`*'
HOSTILE = report_data(
    trial(1, 1, BUSY, replace(step_of(1), failures={EVIL: 1}), via=EVIL),
    results={EVIL: found(Limits(1, 1))},
    left_out=(Localized(EVIL, EVIL),),
    machine=HostInfo(cpu=EVIL),
    versions={EVIL: EVIL},
    digests={EVIL: EVIL},
    commands=(EVIL,),
    started_at=EVIL,
)
HUGE = report_data(
    trial(
        1e9,
        10**18,
        SLOW,
        replace(step_of(10**9, achieved=float("inf"), p99_ms=1e250), offered=1e300, max_ms=float("nan")),
        step_of(0, p99_ms=0),
    ),
    trial(1, 1, BUSY),
)
INVALID = report_data(*(ramp(0.1, 96, BUSY, 20),) * 4)
LARGEST = report_data(
    ramp(0.1, 96, SLOW, 900),
    trial(1, 512, HOLDS, step_of(1421)),
    results={"gateway": SearchResult(headroom=Headroom(BUSY))},
)
CASES = {
    "full": FULL,
    "quick": QUICK,
    "empty": report_data(),
    "hostile": HOSTILE,
    "huge": HUGE,
    "invalid": INVALID,
    "largest": LARGEST,
}


def _page(data: ReportData, language: Language = ENGLISH) -> Page:
    return Page(html(data, language, other=("es", "other.html"), raw="capacity.csv"))


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.code)
@pytest.mark.parametrize("data", CASES.values(), ids=CASES.keys())
def test_every_page_is_complete_and_needs_no_other_file(data: ReportData, language: Language) -> None:
    """All elements are closed, the language is set, and nothing has to be fetched or run."""
    text = html(data, language, other=("xx", "other.html"), raw="capacity.csv")
    page = Page(text)

    assert page.open == []
    assert page.of("html") == [{"lang": language.code}]
    assert not {"script", "link", "img", "iframe"} & {name for name, _ in page.elements}
    assert re.findall(r"https?://|url\(|@import", text) == []
    assert [each["href"] for each in page.of("a")] == ["other.html", "capacity.csv"]
    assert "nan" not in {value for _, attributes in page.elements for value in attributes.values()}


def test_the_answer_comes_first() -> None:
    """In one sentence, with what was measured under it."""
    assert "10,000 users need 0.08 CPU and 96 MiB, through the gateway." in _page(FULL).text
    assert "5,657 of 5,714 requests/s, p99 33 ms" in _page(FULL).text
    assert "10\u202f000 usuarios necesitan 0.08 CPU y 96 MiB" in html(FULL, SPANISH, other=("en", "e"), raw="r")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (report_data(), "No answer: no trial was made."),
        (INVALID, "No answer: of 4 trials none was valid."),
        (HUGE, "No answer: no limits were found that hold 10,000 users."),
        (LARGEST, "the largest rate was 812 requests/s. What stopped it: the generator used 90% of a core"),
    ],
    ids=["empty", "invalid", "fails", "largest"],
)
def test_without_an_answer_it_says_why(data: ReportData, sentence: str) -> None:
    """The headline has no figure that was not found."""
    assert sentence in _page(data).text


def test_rejected_neighbours_are_beside_the_answer() -> None:
    """The next smaller CPU and memory, each with its reason."""
    text = _page(FULL).text

    assert "0.073 96 ✕ FAILS rejected: less CPU with 10,000 users: p99 of 612 ms; 250 ms are allowed" in text
    assert "0.08 88 ✕ FAILS rejected: less memory with 500 users: the memory was full" in text


def test_a_neighbour_that_could_not_be_decided_is_invalid() -> None:
    """It does not show that the limits are the smallest, so the note that says so is missing."""
    results = {"gateway": found(Limits(0.1, 96), at(Limits(0.09, 96), BUSY))}
    text = _page(report_data(ramp(0.1, 96, HOLDS, 33), results=results)).text

    assert "0.09 96 □ INVALID rejected: less CPU" in text
    assert ENGLISH.text("answers_note") not in text
    assert ENGLISH.text("answers_note") in _page(FULL).text


def test_every_chart_has_a_name_and_every_table_a_caption() -> None:
    """Screen readers have a text for each."""
    page = _page(FULL)
    charts = page.of("svg")

    assert len(charts) >= 12
    assert all(each["role"] == "img" and each["aria-label"] for each in charts)
    assert len(page.of("caption")) == len(page.of("table"))
    assert {each["scope"] for each in page.of("th")} == {"col", "row"}


def _sections(data: ReportData) -> list[str | None]:
    return [each["id"] for each in _page(data).of("section")]


def test_what_was_not_measured_is_left_out() -> None:
    """A full report has all sections; with --quick those of other trials are missing, and no text is empty."""
    every = [
        *("answers", "rates", "load", "map", "replicas", "largest", "open", "throttling", "left_out"),
        *("setting", "commands", "raw"),
    ]
    assert _sections(FULL) == every
    assert _sections(QUICK) == [key for key in every if key not in {"replicas", "open", "left_out"}]
    unlimited = report_data(
        ramp(2, 16_000, HOLDS, 20), results={"gateway": found(Limits(2, 16_000))}, limited=frozenset()
    )
    assert _sections(unlimited) == ["rates", "load", "map", "largest", "throttling", "setting", "raw"]
    assert _sections(report_data()) == ["answers", "setting", "raw"]
    for language in LANGUAGES:
        text = _page(QUICK, language).text
        assert language.text("stopped", stopped="")[:10] not in text
        assert MISSING not in text


def test_a_minimum_at_the_end_of_the_range_is_at_most_that() -> None:
    """In the headline and in the table of both languages; the other resource is exact."""
    minimum = Minimum(Limits(0.05, 96), 1, cpus_is_upper_bound=True)
    data = report_data(ramp(0.05, 96, HOLDS, 33), results={"gateway": SearchResult(minimum=minimum)})

    assert "10,000 users need at most 0.05 CPU and 96 MiB, through the gateway." in _page(data).text
    assert "through the gateway at most 0.05 96 ● HOLDS" in _page(data).text
    assert "usuarios necesitan como máximo 0.05 CPU y 96 MiB" in _page(data, SPANISH).text


def test_text_that_looks_like_html_is_text() -> None:
    """Names come from outside."""
    assert EVIL in _page(HOSTILE).text
