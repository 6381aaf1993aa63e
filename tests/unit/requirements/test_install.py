"""Installing locked packages: pip's configuration for uv, and pip where uv cannot be had."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from requirements.install import uv_settings
from tests.contract.conftest import ROOT

PIP_CONFIG = """\
:env:.index-url='https://registry.example.com/simple'
global.cert='/etc/ssl/own.pem'
global.extra-index-url='https://a.example.com/simple https://b.example.com/simple'
global.index-url='https://overridden.example.com/simple'
global.trusted-host='a.example.com'
install.find-links='/wheels /more'
freeze.timeout='10'
"""


def test_uv_asks_the_registry_that_pip_is_configured_for() -> None:
    assert uv_settings(PIP_CONFIG.splitlines(), {}) == {
        "UV_DEFAULT_INDEX": "https://registry.example.com/simple",
        "UV_INDEX": "https://a.example.com/simple https://b.example.com/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INSECURE_HOST": "a.example.com",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
    }


def test_the_users_own_settings_for_uv_win() -> None:
    own = {"UV_DEFAULT_INDEX": "https://mine.example.com/simple", "UV_INDEX": ""}

    assert not own.keys() & uv_settings(PIP_CONFIG.splitlines(), own).keys()


def test_without_configuration_uv_uses_its_defaults() -> None:
    assert uv_settings([], {}) == {}


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with one wheel, and a lock for it; there is no uv in it."""
    name = "tiny_package-1.0"
    wheel = tmp_path / f"{name}-py3-none-any.whl"
    files = {
        "tiny_package.py": "",
        f"{name}.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny-package\nVersion: 1.0\n",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in files.items()]
    files[f"{name}.dist-info/RECORD"] = "\n".join([*record, f"{name}.dist-info/RECORD,,", ""])
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tmp_path / "tiny.lock").write_text(f"tiny-package==1.0 \\\n    --hash=sha256:{digest}\n")
    return tmp_path


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def install(wheels: Path) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        [
            sys.executable,
            "requirements/install.py",
            str(wheels / "venv"),
            str(wheels / "tiny.lock"),
        ],
        cwd=ROOT,
        env={**kept, **offline},
        capture_output=True,
        text=True,
        check=False,
    )


def test_pip_installs_what_has_the_locked_hash_where_uv_cannot_be_had(wheels: Path) -> None:
    """First with another hash in the lock, then with the package's own."""
    lock = wheels / "tiny.lock"
    locked = lock.read_text()
    lock.write_text(locked[:-65] + "0" * 64 + "\n")

    refused = install(wheels)

    assert refused.returncode == 1
    assert "Not installed: " in refused.stderr

    lock.write_text(locked)
    done = install(wheels)

    assert done.returncode == 0, done.stderr
    assert "uv cannot be installed: " in done.stdout
    assert "Installing with pip" in done.stdout
    python = wheels / "venv" / "bin" / "python"
    assert subprocess.run([python, "-c", "import tiny_package"], check=False).returncode == 0
