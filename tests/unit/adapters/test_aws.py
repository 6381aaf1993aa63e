"""AWS clients: links and upload forms name the region of the bucket."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from understudy.adapters import aws
from understudy.adapters.s3 import S3Objects

BUCKET = "understudy-123456789012"
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-2", "me-central-1"]


@pytest.fixture(autouse=True)
def fresh_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clients of other tests have another region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    for cached in (aws.client, aws.session):
        cached.cache_clear()
    yield
    for cached in (aws.client, aws.session):
        cached.cache_clear()


def addresses(monkeypatch: pytest.MonkeyPatch, region: str) -> dict[str, str]:
    """Returns the URLs of a link and an upload form made in a region."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_REGION", region)
    objects = S3Objects(lambda: aws.client("s3"), BUCKET)
    link = objects.link("images/1", filename="1.png", content_type="image/png", inline=True)
    form = objects.upload_form("uploads/1", content_type="text/csv", max_bytes=10)
    return {"link": link, "form": form["url"]}


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("kind", ["link", "form"])
def test_addresses_name_the_region(monkeypatch: pytest.MonkeyPatch, region: str, kind: str) -> None:
    """S3's global endpoint redirects, which breaks a signature, or rejects newer regions."""
    url = urlsplit(addresses(monkeypatch, region)[kind])

    regional = {f"{BUCKET}.s3.{region}.amazonaws.com"}
    if region == "us-east-1":
        regional.add(f"{BUCKET}.s3.amazonaws.com")  # here the global endpoint is the region's
    assert url.hostname in regional


def test_link_is_signed_with_version_4(monkeypatch: pytest.MonkeyPatch) -> None:
    link = addresses(monkeypatch, "eu-central-1")["link"]

    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link
    assert "eu-central-1" in link


def test_addresses_of_local_aws_keep_the_bucket_in_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """127.0.0.1 has no subdomains."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    for url in map(urlsplit, addresses(monkeypatch, "us-east-1").values()):
        assert url.hostname == "127.0.0.1"
        assert url.path.startswith(f"/{BUCKET}")
