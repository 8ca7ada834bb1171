"""A real browser, where there is one: Chromium of the system, driven by Playwright (`pip install '.[browser]'`)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE = {"width": 390, "height": 800}


@contextmanager
def chromium() -> Iterator[Any]:
    """A Playwright browser; without one the test is skipped."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: the browser extra")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, html: str, **options: Any) -> Iterator[Any]:
    """A page of this content, which must load nothing else and end without an error of its scripts.

    Args:
        browser: see `chromium`.
        html: the page.
        options: of the browser's context, such as `viewport` or `color_scheme`.
    """
    with browser.new_context(**{"locale": "en-GB", **options}) as context:
        page, errors, requests = context.new_page(), [], []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: (errors.append("a dialog"), dialog.dismiss()))
        page.route(
            "http://page.invalid/**", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")
        )
        page.on("request", lambda request: requests.append(request.url))
        page.goto("http://page.invalid/")
        yield page
        assert errors == [] and [url for url in requests if url != "http://page.invalid/"] == []


@contextmanager
def visited(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """A page at an address, which must load nothing from elsewhere, and break neither its scripts nor its policy.

    Args:
        browser: see `chromium`.
        address: of a service that listens.
        options: of the browser's context.
    """
    with browser.new_context(**{"locale": "en-GB", **options}) as context:
        page, errors, requests = context.new_page(), [], []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("dialog", lambda dialog: (errors.append("a dialog"), dialog.dismiss()))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        yield page
        elsewhere = [url for url in requests if not url.startswith((address, f"blob:{address}"))]
        assert errors == [] and elsewhere == []


def copied(page: Any) -> str:
    """What is on the clipboard when all of the page was selected and copied, as text."""
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    page.evaluate("document.body.replaceChildren(document.createElement('textarea'))")
    page.focus("textarea")
    page.keyboard.press("Control+v")
    return page.input_value("textarea")
