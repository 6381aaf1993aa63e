"""URLs of application webhooks."""

import pytest
from understudy.domain.receivers import MAX_URL, url_problem

FINE = [
    "https://shop.example.com/runs",
    "https://shop.example.com:8443/runs?token=abc",
    "https://shop.example.com",
    "https://3com.example.com/",
]
REFUSED = [
    "",
    "http://shop.example.com/runs",
    "ftp://shop.example.com/",
    "//shop.example.com/runs",
    "shop.example.com/runs",
    "https:///runs",
    "https://user:password@shop.example.com/",  # pragma: allowlist secret
    "https://user@shop.example.com/",
    "https://shop.example.com/#part",
    "https://shop.example.com:port/",
    "https://shop.example.com:99999/",
    "https://shop.example.com/a b",
    "https://shop.example.com/\r\nx: y",
    "https://shöp.example.com/",
    "https://[::1]/",
    "https://[::1",
    "https://10.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://169.254.169.254./",
    "https://localhost/",
    "https://localhost./",
    "https://me.localhost/",
    "https://printer.local/",
    "https://instance-data.ec2.internal/",
    "https://shop/",
    "https://" + "a" * MAX_URL + ".com/",
]
HERE = "http://127.0.0.1:8080/runs"


@pytest.mark.parametrize("url", FINE)
def test_public_https_url_is_accepted(url: str) -> None:
    """With a port, a path and a query."""
    assert url_problem(url) is None


@pytest.mark.parametrize("url", REFUSED)
def test_unsafe_url_is_rejected(url: str) -> None:
    """Without TLS, with credentials, or of an internal host: an address, a name or a number."""
    assert url_problem(url)


def test_loopback_url_is_accepted_only_if_allowed() -> None:
    """Only local AWS allows it."""
    assert url_problem(HERE)
    assert url_problem(HERE, loopback=True) is None


@pytest.mark.parametrize(
    "url", ["http://shop.example.com/", "http://127.0.0.2/", "https://10.0.0.1/"]
)
def test_allowing_loopback_allows_no_other_host(url: str) -> None:
    """The rules of other hosts do not change."""
    assert url_problem(url, loopback=True)
