"""`GET /docs`: operations with examples, a search, and requests that are sent from the page."""

import requests
from playwright.sync_api import Page, expect

from local.stack import Stack
from tests.browser.chromium import violations
from tests.limits import WAIT_SECONDS

expect.set_options(timeout=WAIT_SECONDS * 1000)


def test_reference_shows_every_operation(page: Page, stack: Stack) -> None:
    """Read from the document, without a key; the operation that the address names is open."""
    api = requests.get(f"{stack.base_url}/openapi.json", timeout=WAIT_SECONDS).json()
    ids = [each["operationId"] for methods in api["paths"].values() for each in methods.values()]

    page.goto(f"{stack.base_url}/docs#createRun")
    expect(page.locator("details.operation")).to_have_count(len(ids))

    shown = page.locator("details.operation").evaluate_all("all => all.map((each) => each.id)")
    assert sorted(shown) == sorted(ids)
    opened = page.locator("details.operation[open]")
    expect(opened).to_have_attribute("id", "createRun")
    expect(opened.get_by_text("assistant_id*")).to_be_visible()
    expect(opened.get_by_label("Example of the request")).to_contain_text("curl -X POST")
    assert violations(page) == []


def test_types_are_linked(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.base_url}/docs#createRun")
    page.locator("#createRun").get_by_role("link", name="TruncationStrategy").first.click()

    expect(page.locator("#TruncationStrategy")).to_be_in_viewport()


def test_search_looks_through_fields(page: Page, stack: Stack) -> None:
    """A field's name finds the operations whose body has it."""
    page.goto(f"{stack.base_url}/docs")
    page.get_by_label("Search paths, fields and descriptions").fill("max_prompt_tokens")

    expect(page.locator("details.operation")).to_have_count(2)


def test_request_is_sent_from_the_page(page: Page, stack: Stack) -> None:
    """With the key, which is kept for the tab."""
    page.goto(f"{stack.base_url}/docs#createAssistant")
    form = page.locator("#createAssistant form")
    form.get_by_label("API key").fill(stack.api_key)
    form.get_by_role("button", name="Send POST").click()

    expect(form.get_by_text("Status 200")).to_be_visible()
    expect(form.get_by_label("Response")).to_contain_text("asst_")
