"""The page `GET /` in a browser, as a person uses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import axe_core_python
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

WITHIN_SECONDS = 60
# The page's own script gets what /model says, and more.
MERGED_MODEL = """
const original = window.fetch;
window.fetch = async (...given) => {
  const response = await original(...given);
  if (!String(given[0]).endsWith('/model')) return response;
  return new Response(JSON.stringify({ ...await response.json(), ...ADDED }));
};
"""


@cache
def _axe() -> str:
    return Path(axe_core_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class HomePage:
    """The page.

    Attributes:
        browser: The browser that shows it.
        url: Its address.
    """

    browser: webdriver.Chrome
    url: str

    def open(self, language: str = "en") -> None:
        """Load it, without the form of an earlier page, in one of its languages."""
        self.browser.get("about:blank")
        self.browser.get(self.url)
        self.find(f"[data-language={language}]").click()
        self.wait(lambda: self.text("#state") not in {"", "Asking the server …", "Preguntando al servidor…"}, "state")

    def open_with(self, added: dict[str, Any]) -> None:
        """Load it with further members of what /model says."""
        script = MERGED_MODEL.replace("ADDED", json.dumps(added))
        made = self.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        try:
            self.open()
        finally:
            self.browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)

    def find(self, selector: str) -> WebElement:
        """The first element."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """The text that is shown of the first element."""
        return self.find(selector).text

    def content(self, element: WebElement) -> str:
        """The text of an element to the last character, shown or not."""
        found: str = self.browser.execute_script("return arguments[0].textContent", element)
        return found

    def wait(self, condition: Any, what: str) -> None:
        """Poll until the condition holds."""
        WebDriverWait(self.browser, WITHIN_SECONDS, poll_frequency=0.05).until(lambda _browser: condition(), what)

    def wait_text(self, selector: str, text: str) -> None:
        """Wait until an element shows a text."""
        try:
            self.wait(lambda: text in self.text(selector), f"{selector}: {text}")
        except TimeoutException as error:
            raise AssertionError(f"{selector} shows {self.text(selector)!r} instead of {text!r}") from error

    def field(self, name: str) -> WebElement:
        """The element of a column's field."""
        for found in self.browser.find_elements(By.CSS_SELECTOR, ".field"):
            if self.content(found.find_element(By.TAG_NAME, "label")) == name:
                return found
        raise AssertionError(f"no field {name}")

    def names(self) -> list[str]:
        """The names of the fields."""
        script = "return [...document.querySelectorAll('.field > label')].map((label) => label.textContent)"
        found: list[str] = self.browser.execute_script(script)
        return found

    def control(self, name: str, place: int = 0) -> WebElement:
        """An input or a select of a field."""
        return self.field(name).find_elements(By.CSS_SELECTOR, "input, select")[place]

    def type(self, name: str, text: str, place: int = 0) -> None:
        """Replace what stands in a text input."""
        control = self.control(name, place)
        control.send_keys(Keys.CONTROL, "a")
        control.send_keys(Keys.DELETE, text)

    def set(self, name: str, value: str, place: int = 0) -> None:
        """Set the value of a date or a time, whose keys depend on the country of the browser."""
        script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"
        self.browser.execute_script(script, self.control(name, place), value)

    def choose(self, name: str, text: str) -> None:
        """Choose an option of a select by its text."""
        Select(self.control(name)).select_by_visible_text(text)

    def problem(self, name: str) -> str:
        """What is said to be wrong with a field."""
        return self.field(name).find_element(By.CSS_SELECTOR, ".problem").text

    def predict(self) -> None:
        """Press the button and wait for what comes of it."""
        self.browser.execute_script("document.getElementById('answer').replaceChildren()")
        self.find("#form [type=submit]").click()
        self.wait(lambda: self.text("#answer") != "", "an answer")

    def prediction(self) -> str:
        """The prediction that is shown."""
        return self.content(self.find("#answer output"))

    def sent(self) -> dict[str, Any]:
        """The row that the page sends, as the code for curl has it."""
        code = self.content(self.find("#curl"))
        found: dict[str, Any] = json.loads(code.partition("-d '")[2][:-1].replace("'\\''", "'"))
        return found

    def violations(self) -> list[str]:
        """What axe-core finds: the rule, the element and the reason."""
        self.browser.execute_script(_axe())
        found = self.browser.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(done)"
        )
        return [
            f"{rule['id']}: {node['html']}: {node['failureSummary']}"
            for rule in [*found["violations"], *found["incomplete"]]
            for node in rule["nodes"]
        ]

    def theme(self, scheme: str) -> None:
        """Let the person prefer `light` or `dark`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def width(self, pixels: int) -> None:
        """Give the window so many CSS pixels; 0 for its own."""
        size = {"width": pixels, "height": 800 if pixels else 0, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def overflow(self) -> int:
        """Pixels by which the content is wider than the window, or than its section."""
        script = (
            "return Math.max(...[document.documentElement, ...document.querySelectorAll('section, section *')]"
            ".map((element) => element.clientWidth && element.scrollWidth - element.clientWidth))"
        )
        found: int = self.browser.execute_script(script)
        return found
