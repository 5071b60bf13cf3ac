"""The page for people, in a real browser with real models."""

import json
import subprocess
import sys
from ast import literal_eval
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from every_column import LABELS, register_classifier
from headless_browser import headless_browser, traffic
from home_page import HomePage
from mlflow.models import infer_signature
from registration import register
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from service_process import Service
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
Serve = Callable[..., Service]

# Texts that would do harm as markup, as code of a shell or as code of Python.
MARKUP = "<img src=x onerror=\"document.title='run'\">"
QUOTES = 'it\'s "q" \\ \\n $HOME `id` ñ € 😀\u2028'
# What the other parts of the service may add to /model.
ADDED: dict[str, Any] = {
    "choices": {"colour": ["red", "blue", "", MARKUP]},
    "challenger": {
        "version": "9",
        "alias": "challenger",
        "state": "serving",
        "reason": None,
        "shadow_percent": 100.0,
        "canary_percent": 12.5,
        "problems": [MARKUP],
        "agreement": {
            "rows": 200,
            "equal": 150,
            "mean_absolute_difference": 0.123456,
            "mean_relative_difference": 0.02,
        },
    },
    "drift": {
        "profile": True,
        "reason": None,
        "rows": 1234,
        "since": "2026-01-01T00:00:00+00:00",
        "columns": {"colour": 0.05, "size": 0.2, "n": 0.3, "when": None},
        "prediction": 0.5,
    },
}


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """A browser of a person who reads English."""
    with headless_browser("--accept-lang=en-GB", "--no-proxy-server") as found:
        yield found


@pytest.fixture(scope="module")
def classifier(mlflow_server: str, serve: Serve) -> Service:
    """A service with a classifier of columns of every type, of which `size` may be missing."""
    register_classifier(mlflow_server, "for_people")
    service = serve("for_people", MODEL_POLL_SECONDS="60")
    service.wait_ready()
    return service


@pytest.fixture
def page(classifier: Service, browser: webdriver.Chrome) -> Iterator[HomePage]:
    """Its page in English."""
    found = HomePage(browser, f"{classifier.url}/")
    found.open()
    traffic(browser)
    yield found
    assert [text for text in traffic(browser).complaints if " 422 " not in text] == []


def test_the_example_is_predicted(page: HomePage, classifier: Service, browser: webdriver.Chrome) -> None:
    """The form holds the example; the answer has the prediction, all probabilities, the version and the time."""
    model = classifier.model()
    page.open()
    assert page.text("#state") == "for_people, version 1, is ready."
    assert {"for_people", "1", "champion"} <= {one.text for one in browser.find_elements(By.CSS_SELECTOR, "#facts dd")}
    assert page.sent() == model["example"]
    page.predict()
    answer = classifier.client.post("/predict?probabilities=true", json=model["example"]).json()
    assert page.prediction() == answer["prediction"]
    assert "Version 1, " in page.text("#answer")
    assert " ms in this browser" in page.text("#answer")
    rows = browser.find_elements(By.CSS_SELECTOR, "#probabilities tbody tr")
    shown = {row.find_element(By.TAG_NAME, "th").text: row.find_element(By.CSS_SELECTOR, ".share").text for row in rows}
    assert shown.keys() == set(LABELS)
    for name, share in answer["probabilities"].items():
        assert float(shown[name].removesuffix("%")) == pytest.approx(100 * share, abs=0.01)
    found = traffic(browser)
    assert (found.failures, found.complaints) == ([], [])
    assert [url for url in found.urls if url.startswith("http") and not url.startswith(classifier.url)] == []


def test_values_of_every_type(page: HomePage, classifier: Service) -> None:
    """What is typed and chosen is sent with its type: a decimal comma, an integer, a boolean, a date with a time."""
    page.type("colour", QUOTES)
    page.type("size", "1,25")
    page.choose("flag", "no (false)")
    page.type("n", "007")
    page.set("when", "2024-02-01")
    page.set("when", "10:00", 1)
    expected = {"colour": QUOTES, "size": 1.25, "flag": False, "n": 7, "when": "2024-02-01T10:00"}
    assert page.sent() == expected
    assert "is sent as 1.25" in page.field("size").text
    assert "is sent as 7" in page.field("n").text
    page.predict()
    assert page.prediction() == classifier.predict(expected).json()["prediction"]


def test_missing_values(page: HomePage) -> None:
    """An optional field that is empty is sent as null and predicted; a required one is named as missing."""
    page.type("size", "")
    page.set("when", "2024-02-01")
    page.set("when", "", 1)
    assert (page.sent()["size"], page.sent()["when"]) == (None, "2024-02-01")
    page.predict()
    assert page.prediction() in LABELS
    page.type("n", "")
    assert "n" not in page.sent()
    page.predict()
    assert (page.problem("n"), page.problem("size")) == ("Field required", "")


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            (
                "Input should be a valid number",
                "Input should be a valid integer, got a number with a fractional part",
                "Not predicted: correct the marked fields.",
            ),
        ),
        (
            "es",
            (
                "Debe ser un número.",
                "Debe ser un número entero, sin decimales.",
                "Sin predicción: corrige los campos marcados.",
            ),
        ),
    ],
)
def test_a_problem_is_shown_at_its_field(
    language: str, sentences: tuple[str, str, str], page: HomePage, browser: webdriver.Chrome
) -> None:
    """What the service refuses is said at the field, for screen readers too, and goes away when it is corrected."""
    number, integer, sentence = sentences
    page.open(language)
    page.type("size", "1.234,5")
    page.type("n", "2.5")
    page.predict()
    assert page.text("#answer") == sentence
    assert (page.problem("size"), page.problem("n"), page.problem("colour")) == (number, integer, "")
    control = page.control("size")
    assert control == browser.switch_to.active_element
    assert control.get_attribute("aria-invalid") == "true"
    described = str(control.get_attribute("aria-describedby")).split()
    assert number in [page.find(f"#{name}").text for name in described]
    page.type("size", "1")
    assert (page.problem("size"), control.get_attribute("aria-invalid")) == ("", "false")
    assert page.problem("n") == integer


def test_an_incomplete_date(page: HomePage) -> None:
    """A time without its date is not sent as a missing value."""
    page.set("when", "")
    page.set("when", "10:00", 1)
    page.find("#form [type=submit]").click()
    assert page.problem("when") == "Complete the date or leave it empty."


def test_back_to_the_example(page: HomePage, classifier: Service) -> None:
    """The second button fills in the example again."""
    page.type("size", "77")
    page.find("#reset").click()
    assert page.sent() == classifier.model()["example"]


def test_the_language_of_the_browser(page: HomePage, browser: webdriver.Chrome) -> None:
    """The page speaks the browser's language, or the one chosen on it, which it remembers; values stay."""
    browser.execute_script("localStorage.clear()")
    browser.get(page.url)
    page.wait_text("#state", "is ready")
    assert browser.execute_script("return document.documentElement.lang") == "en"
    page.type("size", "77")
    page.predict()
    page.find("[data-language=es]").click()
    assert (page.text("#state"), page.text("#form [type=submit]")) == ("for_people, versión 1, está listo.", "Predecir")
    assert page.sent()["size"] == 77
    assert "Versión 1, " in page.text("#answer")
    browser.get(page.url)
    page.wait_text("#state", "está listo")
    assert browser.execute_script("return document.documentElement.lang") == "es"
    module = f"{page.url}static-home-page/texts.js"
    script = (
        "const [path, preferred, done] = arguments;"
        "import(path).then((texts) => done(preferred.map((tags) => texts.firstLanguage('', tags))))"
    )
    preferred = [["es-CO", "en"], ["fr", "ES", "en"], ["fr"], [], ["en-US", "es"]]
    assert browser.execute_async_script(script, module, preferred) == ["es", "es", "en", "en", "en"]


def test_every_text_has_both_languages(page: HomePage, browser: webdriver.Chrome) -> None:
    """Both languages have the same texts with the same values in them."""
    script = "const done = arguments[1]; import(arguments[0]).then((m) => done(m.TEXTS))"
    texts = browser.execute_async_script(script, f"{page.url}static-home-page/texts.js")
    parts = {
        language: {key: sorted(part.split("}")[0] for part in text.split("{")[1:]) for key, text in found.items()}
        for language, found in texts.items()
    }
    assert parts["en"] == parts["es"]


def test_numbers_as_people_type_them(page: HomePage, browser: webdriver.Chrome) -> None:
    """A number is sent as JSON writes it, to its last digit; what may be a number of two kinds is left to the API."""
    cases = {
        "5,3": "5.3",
        " 1 234,5 ": "1234.5",
        "-,5": "-0.5",
        "+3.": "3.0",
        "007": "7",
        "0": "0",
        "\u22122": "-2",
        "1e5": "1e5",
        "9007199254740993": "9007199254740993",
        "1.234,5": None,
        "1,234,5": None,
        "1,2,3": None,
        "NaN": None,
        "0x10": None,
        "": None,
        "1 e": None,
    }
    script = "const done = arguments[2]; import(arguments[0]).then((m) => done(arguments[1].map(m.numberLiteral)))"
    module = f"{page.url}static-home-page/fields.js"
    assert browser.execute_async_script(script, module, list(cases)) == list(cases.values())


def test_a_service_that_was_restarted(page: HomePage, browser: webdriver.Chrome) -> None:
    """While a new process loads its model, the page says so and keeps the form, also in the other language."""
    page.type("size", "77")
    browser.execute_script(
        "const original = window.fetch;"
        "const loading = {name: 'm', alias: 'a', version: null, ready: false, last_reload_error: null, warnings: []};"
        "window.fetch = async (...given) => String(given[0]).endsWith('/model')"
        "  ? new Response(JSON.stringify(loading)) : original(...given);"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_text("#state", "Not ready: the model is being loaded.")
    page.find("[data-language=es]").click()
    assert page.text("#state") == "No está listo: el modelo se está cargando."
    assert page.sent()["size"] == 77
    page.predict()
    assert page.prediction() in LABELS


def test_an_answer_that_is_no_json(page: HomePage, browser: webdriver.Chrome) -> None:
    """What a proxy answers in place of the service is no prediction, and the page says so."""
    browser.execute_script("window.fetch = async () => new Response('<h1>Bad gateway</h1>', {status: 502})")
    page.predict()
    assert page.text("#answer") == "No answer of the API (status 502): what came is not JSON."
    page.wait_text("#state", "The server does not answer")


# What a gateway with keys does. The key has characters that would do harm in the code of a shell or of a page.
GUARDED = """
const original = window.fetch;
window.keys = [];
window.fetch = async (...given) => {
  if (!String(given[0]).includes('/predict')) return original(...given);
  const key = new Headers(given[1].headers).get('X-API-Key');
  window.keys.push(key);
  if (key === KEY) return original(...given);
  return new Response(JSON.stringify({error: 'unauthorized', detail: 'no', fields: []}), {status: 401});
};
"""
KEY = "a'key$HOME\"<b>"


@pytest.fixture
def guarded(page: HomePage, browser: webdriver.Chrome) -> Iterator[HomePage]:
    """The page behind a gateway that asks for a key."""
    source = GUARDED.replace("KEY", json.dumps(KEY))
    made = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    page.open()
    yield page
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)
    browser.execute_script("sessionStorage.clear()")


def test_a_key_is_asked_for_when_it_is_needed(guarded: HomePage, browser: webdriver.Chrome) -> None:
    """A 401 shows the field of the key; with the key the prediction is made, and the code sends one of its own."""
    key = guarded.find("#key")
    assert not key.is_displayed()
    assert "API-Key" not in guarded.content(guarded.find("#curl"))
    guarded.predict()
    assert guarded.text("#answer") == "Not predicted: an API key is needed."
    assert key == browser.switch_to.active_element
    assert guarded.violations() == []
    for wrong in ("wrong", "clavé"):
        key.clear()
        key.send_keys(wrong)
        guarded.predict()
        assert guarded.text("#answer") == "Not predicted: this API key is not known."
    key.clear()
    key.send_keys(KEY, Keys.ENTER)
    guarded.wait_text("#answer", "Version 1")
    assert guarded.prediction() in LABELS
    assert browser.execute_script("return window.keys") == [None, "wrong", KEY]
    for name, code in (("curl", '-H "X-API-Key: $API_KEY"'), ("python", '"X-API-Key": os.environ["API_KEY"]')):
        assert code in guarded.content(guarded.find(f"#{name}"))
        assert KEY not in guarded.content(guarded.find(f"#{name}"))


def test_a_key_is_kept_in_its_tab_only(guarded: HomePage, browser: webdriver.Chrome) -> None:
    """The same tab sends it again after a reload, without showing its field; it is stored nowhere else."""
    guarded.predict()
    guarded.find("#key").send_keys(KEY)
    guarded.open("es")
    guarded.predict()
    assert guarded.prediction() in LABELS
    assert not guarded.find("#key").is_displayed()
    assert KEY not in browser.execute_script(
        "return JSON.stringify([{...localStorage}, document.cookie, location.href])"
    )
    browser.execute_script("sessionStorage.clear()")
    guarded.open("es")
    guarded.predict()
    assert guarded.text("#answer") == "Sin predicción: hace falta una clave de API."
    assert guarded.find("label[for=key]").text == "Clave de API"
    assert guarded.violations() == []


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_copying(page: HomePage, browser: webdriver.Chrome, *, has_clipboard: bool) -> None:
    """The code reaches the clipboard, in pages without TLS as well, and the page says so."""
    permissions = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": page.url.rstrip("/")}
    browser.execute_cdp_cmd("Browser.grantPermissions", permissions)
    browser.execute_script("window.clipboard = navigator.clipboard")
    if not has_clipboard:
        browser.execute_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    for name, heading in (("curl", "curl"), ("python", "Python")):
        page.find(f"[data-copy={name}]").click()
        page.wait_text("#copied", f"Copied: {heading}.")
        copied = browser.execute_async_script("window.clipboard.readText().then(arguments[0])")
        assert copied == page.content(page.find(f"#{name}"))


def test_the_keyboard_is_enough(page: HomePage, browser: webdriver.Chrome) -> None:
    """The first Tab shows a link to the form; Enter in a field predicts."""
    page.open()
    browser.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    browser.get(page.url)
    page.wait_text("#state", "is ready")
    webdriver.ActionChains(browser).send_keys(Keys.TAB).perform()
    assert browser.switch_to.active_element.text == "Go to the form"
    webdriver.ActionChains(browser).send_keys(Keys.ENTER, Keys.TAB).perform()
    assert browser.switch_to.active_element == page.control("colour")
    webdriver.ActionChains(browser).send_keys(Keys.ENTER).perform()
    page.wait_text("#answer", "Version 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_accessible(scheme: str, language: str, page: HomePage) -> None:
    """axe-core finds nothing, in either theme and language: with an answer, with problems, and with all sections."""
    page.theme(scheme)
    try:
        page.open_with(ADDED)
        page.find(f"[data-language={language}]").click()
        page.predict()
        assert page.violations() == []
        page.type("size", "wrong")
        page.predict()
        assert page.violations() == []
        page.width(320)
        assert page.overflow() == 0
        assert page.violations() == []
    finally:
        page.width(0)
        page.theme("")


def test_choices(page: HomePage) -> None:
    """Known categories are offered; any other text can be entered as well."""
    page.open_with(ADDED)
    options = [one.text for one in page.control("colour").find_elements(By.TAG_NAME, "option")]
    assert options == ["red", "blue", "(empty text)", MARKUP, "another value …"]
    for option, sent in (("blue", "blue"), ("(empty text)", ""), (MARKUP, MARKUP)):
        page.choose("colour", option)
        assert page.sent()["colour"] == sent
    page.choose("colour", "another value …")
    page.type("colour", "violet", 1)
    assert page.sent()["colour"] == "violet"
    page.predict()
    assert page.prediction() in LABELS


def test_challenger_and_drift(page: HomePage) -> None:
    """What /model says of a challenger and of drift is shown, with what a figure means."""
    assert not page.find("#challenger-section").is_displayed()
    page.open_with(ADDED)
    challenger = page.text("#challenger")
    for text in ("serving", "100%", "12.5%", "150 of 200 rows", "0.1235, relative 2%", MARKUP):
        assert text in challenger
    assert "1,234 rows" in page.text("#drift-state")
    rows = [row.text for row in page.find("#drift").find_elements(By.CSS_SELECTOR, "tbody tr")]
    assert rows == [
        "colour 0.05 as in training",
        "size 0.2 somewhat different",
        "n 0.3 different",
        "when – too few rows",  # noqa: RUF001 - the dash of the page
        "predictions 0.5 different",
    ]
    page.open_with({"drift": {**ADDED["drift"], "profile": False, "reason": MARKUP, "columns": {}}})
    assert page.text("#drift-state") == f"Not compared with the training data: {MARKUP}"


def test_texts_are_never_markup_or_code(mlflow_server: str, serve: Serve, browser: webdriver.Chrome) -> None:
    """Names, categories, classes and messages are shown as they are; the code to copy sends them as they are."""
    numbers = [1.0, 2.0, 3.0, 4.0]
    inherited = {"constructor": numbers, "__proto__": numbers}
    data = pd.DataFrame({MARKUP: numbers, QUOTES: ["a", QUOTES, "a", MARKUP], **inherited})
    encoder = make_column_transformer((OneHotEncoder(), [QUOTES]), ("passthrough", [MARKUP, *inherited]))
    model = make_pipeline(encoder, LogisticRegression()).fit(data, [MARKUP, QUOTES, MARKUP, QUOTES])
    register(
        mlflow_server,
        "hostile",
        model,
        signature=infer_signature(data, model.predict(data)),
        input_example=data[1:2],
    )
    service = serve("hostile")
    service.wait_ready()
    page = HomePage(browser, f"{service.url}/")
    page.open()
    assert page.names() == [MARKUP, QUOTES, *inherited]
    assert page.sent() == service.model()["example"]
    page.predict()
    row = service.model()["example"]
    answer = service.client.post("/predict?probabilities=true", json=row).json()
    assert page.prediction() == answer["prediction"] == QUOTES
    rows = page.find("#probabilities").find_elements(By.CSS_SELECTOR, "tbody th")
    assert {page.content(one) for one in rows} == {MARKUP, QUOTES}
    curl, python = (page.content(page.find(selector)) for selector in ("#curl", "#python"))
    for command in (["bash", "-c", curl], [sys.executable, "-c", python]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        # Python prints a dict, and curl JSON; of this answer both are the literal of a dict.
        assert literal_eval(done.stdout) == answer
    page.set(QUOTES, MARKUP.upper())
    page.predict()
    assert "Not predicted (status 422)" in page.text("#answer")
    assert browser.execute_script("return document.querySelectorAll('img').length") == 0
    assert browser.title == "Inference API"


def test_another_signature_while_the_page_is_open(mlflow_server: str, serve: Serve, browser: webdriver.Chrome) -> None:
    """Without a model the page says why; then the form comes, follows the alias and keeps what still fits."""

    def publish(**columns: list[float] | list[str]) -> None:
        data = pd.DataFrame(columns)
        numbers = data.select_dtypes("number")
        model = make_pipeline(make_column_transformer(("passthrough", list(numbers.columns))), LinearRegression()).fit(
            data, numbers.sum(axis=1)
        )
        signature = infer_signature(data, model.predict(data))
        register(mlflow_server, "page_swapped", model, signature=signature, input_example=data[:1])

    service = serve("page_swapped")
    page = HomePage(browser, f"{service.url}/")
    page.open()
    page.wait_text("#state", "Not ready: no version of the model")
    assert not page.find("#form").is_displayed()
    publish(x=[1.0, 2.0, 4.0], y=[5.0, 7.0, 6.0])
    page.wait(lambda: page.names() == ["x", "y"], "the form")
    assert page.sent() == {"x": 1.0, "y": 5.0}
    page.type("x", "30")
    publish(z=[8.0, 9.0, 9.5], x=[1.5, 2.0, 4.0], y=["a", "b", "c"])
    page.wait(lambda: page.names() == ["z", "x", "y"], "the form of the new version")
    assert page.sent() == {"z": 8.0, "x": 30, "y": "a"}
    assert browser.switch_to.active_element == page.control("x")
    assert "Version 2 serves now, and the form has its fields" in page.text("#answer")
    page.predict()
    assert float(page.prediction()) == pytest.approx(38)
    service.stop()
    page.wait_text("#state", "The server does not answer")
    page.predict()
    assert page.text("#answer") == "The server does not answer."


def test_links_to_open_pages(mlflow_server: str, classifier: Service, serve: Serve, browser: webdriver.Chrome) -> None:
    """Pages that are open are linked at the host of the page; those that are closed are not."""
    port = mlflow_server.rpartition(":")[2]
    links = (
        f"MLflow=127.0.0.1:{port}@127.0.0.1:{port},Open=0.0.0.0:{port}@127.0.0.1:{port},Locust=127.0.0.1:1@127.0.0.1:1"
    )
    service = serve("for_people", PAGES_LINKS=links)
    page = HomePage(browser, service.url.replace("127.0.0.1", "localhost"))
    page.open()
    page.wait_text("#links", "MLflow")
    found = {one.text: one.get_attribute("href") for one in page.find("#links").find_elements(By.TAG_NAME, "a")}
    assert found["MLflow"] == found["Open"] == f"http://localhost:{port}/"
    assert found["API documentation"] == f"{page.url}/docs"
    assert "Locust" not in page.text("#links")
    assert classifier.url != service.url


@pytest.mark.parametrize(
    ("scheme", "header"), [("apiKey", "x-api-key: a-key"), ("bearer", "authorization: Bearer a-key")]
)
def test_the_documentation_page_sends_a_key(
    scheme: str, header: str, classifier: Service, browser: webdriver.Chrome
) -> None:
    """The key that is given to its button goes with the requests that are tried on the page."""
    browser.get(f"{classifier.url}/docs")
    wait = WebDriverWait(browser, 60)

    def click(selector: str) -> None:
        wait.until(lambda _browser: browser.find_elements(By.CSS_SELECTOR, selector))
        browser.execute_script("arguments[0].click()", browser.find_element(By.CSS_SELECTOR, selector))

    click("button.authorize")
    label = {"apiKey": "api_key_value", "bearer": "auth-bearer-value"}[scheme]
    wait.until(lambda _browser: browser.find_elements(By.ID, label))
    browser.find_element(By.ID, label).send_keys("a-key")
    form = f"//input[@id='{label}']/ancestor::form//button[contains(@class, 'authorize')]"
    browser.find_element(By.XPATH, form).click()
    click(".btn-done")
    click("#operations-prediction-prediction .opblock-summary-control")
    click("#operations-prediction-prediction .try-out__btn")
    click("#operations-prediction-prediction .execute")
    wait.until(lambda _browser: browser.find_elements(By.CSS_SELECTOR, ".curl-command"))
    shown = browser.find_element(By.CSS_SELECTOR, ".curl-command").text
    assert header in shown.replace("'", "").lower().replace("bearer", "Bearer")
