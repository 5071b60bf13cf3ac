"""The page: whole, alone, the answer first."""

import re
from dataclasses import replace

import pytest

from capacity.report.data import Answer, LargestRate, OpenCheck, Replicas, ReportData
from capacity.report.html import html
from capacity.report.language import ENGLISH, LANGUAGES, SPANISH, Language
from capacity.report.trial_record import Sentence, StepRecord, TrialRecord, Verdict
from tests.unit.locust.capacity.report.examples import FULL, trial
from tests.unit.locust.capacity.report.page import Page

EVIL = '"><script>alert(1)</script>&amp;|`*'
HOSTILE = ReportData(
    answers=(Answer(via=EVIL, cpus=1, memory_mib=1, verdict=Sentence(EVIL, EVIL)),),
    trials=(
        TrialRecord(
            cpus=1,
            memory_mib=1,
            via=EVIL,
            kind=EVIL,
            criterion=EVIL,
            sentence=Sentence(EVIL, EVIL),
            steps=(StepRecord(users=1, offered=1, achieved=1, failures={EVIL: 1}),),
        ),
    ),
    left_out=(Sentence(EVIL, EVIL),),
    versions={EVIL: EVIL},
    digests={EVIL: EVIL},
    commands=(EVIL,),
    started_at=EVIL,
)
HUGE = ReportData(
    trials=(
        TrialRecord(
            cpus=1e9,
            memory_mib=1e18,
            verdict=Verdict.FAILS,
            steps=(
                StepRecord(users=10**30, offered=1e300, achieved=float("inf"), p99_ms=1e250, max_ms=float("nan")),
                StepRecord(users=0, offered=0, achieved=0, p99_ms=0),
            ),
        ),
        TrialRecord(cpus=None, memory_mib=None, verdict=Verdict.INVALID),
    ),
    replicas=(Replicas(replicas=10**6, total_cpus=1e12), Replicas(replicas=2, total_cpus=0, total_cost=0)),
    open_check=OpenCheck(offered=0),
)
INVALID = ReportData(trials=(trial((0.1, 96), 20, Verdict.INVALID),) * 4)
MOST = LargestRate(rate=812, stopped_by=Sentence("la puerta", "the gateway"))
CASES = {"full": FULL, "empty": ReportData(), "hostile": HOSTILE, "huge": HUGE, "invalid": INVALID}


def _page(findings: ReportData, language: Language = ENGLISH) -> Page:
    return Page(html(findings, language, other=("es", "other.html"), raw="capacity.csv"))


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
@pytest.mark.parametrize("findings", CASES.values(), ids=CASES.keys())
def test_every_page_is_whole_and_needs_no_other_file(findings: ReportData, language: Language) -> None:
    """Balanced, in its language, without a single thing to fetch or run."""
    text = html(findings, language, other=("xx", "other.html"), raw="capacity.csv")
    page = Page(text)

    assert page.open == []
    assert page.of("html") == [{"lang": language.code}]
    assert not {"script", "link", "img", "iframe"} & {name for name, _ in page.elements}
    assert re.findall(r"https?://|url\(|@import", text) == []
    assert [one["href"] for one in page.of("a")] == ["other.html", "capacity.csv"]
    assert "nan" not in {value for _, attributes in page.elements for value in attributes.values()}


def test_the_answer_comes_first() -> None:
    """In one sentence, with what was measured under it."""
    assert "10,000 users need 0.08 CPU and 96 MiB, through the gateway." in _page(FULL).text
    assert "5,657 of 5,714 requests/s, p99 33 ms" in _page(FULL).text
    assert "10\u202f000 usuarios necesitan 0.08 CPU y 96 MiB" in html(FULL, SPANISH, other=("en", "e"), raw="r")


@pytest.mark.parametrize(
    ("findings", "sentence"),
    [
        (ReportData(), "No answer: no trial was made."),
        (INVALID, "No answer: of 4 trials none was valid."),
        (HUGE, "No answer: no limits were found that hold 10,000 users."),
        (replace(HUGE, largest_rate=MOST), "the most was 812 requests/s. What stopped it: the gateway."),
        (replace(INVALID, largest_rate=MOST), "No answer: of 4 trials none was valid."),
    ],
    ids=["empty", "invalid", "fails", "largest", "invalid with a largest rate"],
)
def test_without_an_answer_it_says_why(findings: ReportData, sentence: str) -> None:
    """Never a figure that was not found."""
    assert sentence in _page(findings).text


def test_the_neighbours_stand_beside_the_answer() -> None:
    """Next smaller CPU and memory, each with its reason."""
    text = _page(FULL).text

    assert "0.073 96 ✕ FAILS rejected: less CPU At 10,000 users the p99 was 612 ms." in text
    assert "0.08 88 ✕ FAILS rejected: less memory The kernel killed the process." in text


def test_every_drawing_has_a_name_and_every_table_a_caption() -> None:
    """What eyes see, others hear."""
    page = _page(FULL)
    drawings = page.of("svg")

    assert len(drawings) >= 12
    assert all(one["role"] == "img" and one["aria-label"] for one in drawings)
    assert len(page.of("caption")) == len(page.of("table"))
    assert {one["scope"] for one in page.of("th")} == {"col", "row"}


def test_what_was_not_measured_is_said() -> None:
    """A missing part leaves its heading and a word."""
    assert _page(ReportData()).text.count("Not measured.") == 7


def test_text_that_looks_like_html_is_text() -> None:
    """Names come from outside."""
    assert EVIL in _page(HOSTILE).text
