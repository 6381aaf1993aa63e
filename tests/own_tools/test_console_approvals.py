"""A person approves and refuses calls on the console's page of approvals."""

from playwright.sync_api import expect

from tests.browser.chromium import launched, opened, violations
from tests.limits import WAIT_SECONDS
from tests.own_tools.calling import Caller, call
from tests.own_tools.test_approval import waiting

expect.set_options(timeout=WAIT_SECONDS * 1000)


def test_calls_are_decided_on_the_page(caller: Caller) -> None:
    """Each shows its arguments; the reason of a refusal reaches the model."""
    approved, [first] = waiting(caller, call("send_invoice", customer="Ada", amount=1200))
    refused, _ = waiting(caller, call("send_invoice", customer="Grace", amount=900))

    with launched() as browser, opened(browser) as page:
        page.goto(f"{caller.stack.base_url}/console")
        page.get_by_label("API key").fill(caller.stack.api_key)
        page.get_by_role("button", name="Open the console").click()
        page.get_by_role("link", name="Approvals").click()
        ada = page.get_by_role("article").filter(has_text="Ada")
        grace = page.get_by_role("article").filter(has_text="Grace")
        expect(ada).to_contain_text("1200")
        assert violations(page) == []
        ada.get_by_role("button", name="Approve").click()
        expect(ada).to_be_hidden()
        grace.get_by_label("Reason of a refusal").fill("She has paid already.")
        grace.get_by_role("button", name="Refuse").click()
        expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()

    assert caller.ended(approved) == "FetchResponse"
    assert caller.times(f"invoice for {first}") == 1
    assert caller.ended(refused) == "FetchResponse"
    assert "She has paid already." in caller.output(refused)["error"]["message"]


def test_key_without_the_right_only_sees_the_calls(caller: Caller) -> None:
    """The page says which key is needed."""
    waiting(caller, call("send_invoice", customer="Ada", amount=1200))
    caller.stack.add_key("us-only-looks", "local")

    with launched() as browser, opened(browser) as page:
        page.goto(f"{caller.stack.base_url}/console#/approvals")
        page.get_by_label("API key").fill("us-only-looks")
        page.get_by_role("button", name="Open the console").click()

        expect(page.get_by_text("This key may not decide.").first).to_be_visible()
        assert page.get_by_role("button", name="Approve").count() == 0
