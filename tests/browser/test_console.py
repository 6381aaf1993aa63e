"""The console: signing in, finding threads, approvals, usage and drops."""

from collections.abc import Callable

import pytest
from openai import OpenAI
from playwright.sync_api import Browser, Page, Request, expect

from local.provider.control import ControlClient
from local.stack import Stack
from tests.browser.chromium import PHONE, opened, violations
from tests.browser.conftest import sign_in
from tests.e2e.bucket import Bucket
from tests.e2e.conversations import ended, recorded, start
from tests.limits import WAIT_SECONDS

MAX_FIRST_VIEW = 150_000
"""Bytes of the first view, with everything that it loads."""

PAGES = ("threads", "playground", "approvals", "usage", "drops")

expect.set_options(timeout=WAIT_SECONDS * 1000)


def test_first_view_is_small_and_loads_nothing_from_elsewhere(
    page: Page, stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    """The time is reported and not judged, because it depends on the machine."""
    sent: list[Request] = []
    page.on("requestfinished", lambda request: sent.append(request))
    sign_in(page, stack)
    page.get_by_role("heading", name="Threads", exact=True).wait_for()
    page.wait_for_load_state("networkidle")

    sizes = {each.url: sum(_bytes(each)) for each in sent}
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    record_property("first_view_bytes", sum(sizes.values()))
    record_property("first_view_ms", timing["domContentLoadedEventEnd"])
    assert 10_000 < sum(sizes.values()) < MAX_FIRST_VIEW, sizes
    origin = stack.base_url.removesuffix("/v1")
    assert [url for url in sizes if not url.startswith(origin)] == []


def _bytes(request: Request) -> tuple[int, int]:
    """Returns the bytes of a response's body and headers, as they were transferred."""
    sizes = request.sizes()
    return sizes["responseBodySize"], sizes["responseHeadersSize"]


def test_wrong_key_is_refused_with_a_sentence_and_the_request_id(page: Page, stack: Stack) -> None:
    """The key is not kept."""
    page.goto(f"{stack.base_url}/console")
    page.get_by_label("API key").fill("us-wrong")
    page.get_by_role("button", name="Open the console").click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Incorrect API key provided")
    expect(alert).to_contain_text("Request id")
    assert page.evaluate("sessionStorage.length") == 0


def test_key_is_only_in_the_session_of_the_tab(console: Page, stack: Stack) -> None:
    """Not in an address, a cookie or the local storage; signing out removes it."""
    assert stack.api_key not in console.url
    assert console.context.cookies() == []
    assert console.evaluate("localStorage.length") == 0

    console.get_by_role("button", name="Sign out").click()

    expect(console.get_by_label("API key")).to_be_visible()
    assert console.evaluate("sessionStorage.length") == 0


def test_thread_is_found_by_its_user_and_opened(
    console: Page, client: OpenAI, control: ControlClient
) -> None:
    """Its messages are Markdown without scripts, and its run leads to the timeline."""
    control.script_answer(
        text="A **bold** word, <img src=x onerror=alert(1)> and a [link](javascript:alert(1))."
    )
    made = client.put(
        "/users/ada-of-the-console/threads/search",
        cast_to=object,
        body={"metadata": {"team": "red"}},
    )
    thread_id = str(dict(made)["id"])  # type: ignore[call-overload]
    assistant = client.beta.assistants.create(model="gpt-4o", name="Reader")
    client.beta.threads.messages.create(thread_id, role="user", content="Hello")
    client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant.id)

    console.get_by_label("User").fill("ada-of-the-console")
    console.get_by_label("Metadata").fill("team=red")
    console.get_by_role("button", name="Search").click()
    expect(console.locator("tbody tr")).to_have_count(1)
    console.get_by_role("link", name=thread_id).click()

    answer = console.locator(".message.assistant")
    expect(answer.locator("strong", has_text="bold")).to_be_visible()
    assert answer.locator("img").count() == 0
    assert answer.locator("a", has_text="link").get_attribute("href") is None
    assert violations(console) == []
    console.get_by_role("link", name="How it was made").click()
    expect(console.get_by_text("Model round 1")).to_be_visible()


def test_search_without_a_result_says_what_to_do(console: Page) -> None:
    console.get_by_label("User").fill("a-user-without-threads")
    console.get_by_role("button", name="Search").click()

    expect(console.get_by_role("heading", name="No thread matches")).to_be_visible()
    console.get_by_role("main").get_by_role("link", name="show all threads").click()
    expect(console.get_by_role("heading", name="No thread matches")).to_be_hidden()


def test_long_list_is_loaded_in_pages(console: Page, client: OpenAI) -> None:
    """The first page has 50 threads, whatever their number."""
    for _ in range(51):
        client.beta.threads.create()

    console.reload()
    expect(console.locator("tbody tr")).to_have_count(50)
    console.get_by_role("button", name="Load more").click()

    expect(console.locator("tbody tr")).not_to_have_count(50)


def test_usage_shows_plots_and_the_most_expensive_threads(
    console: Page, client: OpenAI, stack: Stack, control: ControlClient
) -> None:
    """Each bar has its amount as a title; a thread leads to its page."""
    control.script_answer(text="Long.", usage={"output_tokens": 900_000})
    run = ended(client, start(client, "Hello"))
    recorded(stack, run)

    console.get_by_role("link", name="Usage").click()
    plot = console.get_by_role("img", name="Cost by day, USD")
    expect(plot.locator("rect").last).to_be_visible()
    assert plot.locator("rect title").last.text_content() != "$0"
    console.get_by_label("By", exact=True).select_option("thread")

    expect(console.get_by_role("link", name=run.thread_id)).to_be_visible()
    assert violations(console) == []


def test_refused_drop_says_why(console: Page, bucket: Bucket, stack: Stack) -> None:
    bucket.put("drop/local/ada/sales/tool.exe", b"MZ")
    bucket.settle()

    console.get_by_role("link", name="Drops").click()
    console.get_by_text("tool.exe").click()

    expect(console.get_by_text("file type '.exe' is not supported").first).to_be_visible()
    assert violations(console) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_pages_are_accessible_in_every_look(
    browser: Browser, stack: Stack, scheme: str, size: str
) -> None:
    """By axe, and no page is wider than the screen."""
    options = {"viewport": PHONE} if size == "phone" else {}
    with opened(browser, color_scheme=scheme, **options) as page:
        page.goto(f"{stack.base_url}/console")
        page.get_by_label("API key").wait_for()
        assert violations(page) == []
        sign_in(page, stack)
        for name in PAGES:
            page.goto(f"{stack.base_url}/console#/{name}")
            page.locator("main h1").wait_for()
            page.wait_for_load_state("networkidle")
            assert violations(page) == [], name
            assert page.evaluate("document.body.scrollWidth <= innerWidth"), name


def test_console_is_used_with_the_keyboard(page: Page, stack: Stack) -> None:
    """The key is typed and sent with Enter; the first Tab leads past the navigation."""
    page.goto(f"{stack.base_url}/console")
    page.get_by_label("API key").wait_for()
    page.keyboard.type(stack.api_key)
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Pages").wait_for()

    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"
