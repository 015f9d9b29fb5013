from __future__ import annotations

import gzip
import re

import pytest

from server.explorer import ASSETS_PATH, CONTENT_SECURITY_POLICY, Explorer, load_explorer


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return load_explorer()


def test_every_script_of_the_page_is_an_asset_and_every_asset_is_used(explorer: Explorer) -> None:
    sources = re.findall(r'src="([^"]*)"', explorer.html.decode())
    assert sorted(sources) == sorted(ASSETS_PATH + name for name in explorer.assets)


def test_an_asset_is_named_by_its_content(explorer: Explorer) -> None:
    assert all(re.fullmatch(r"[a-z]+-([0-9.]+-)?[0-9a-f]{16}\.js", name) for name in explorer.assets)


def test_a_packed_asset_holds_the_same_bytes(explorer: Explorer) -> None:
    packed = [asset for asset in explorer.assets.values() if asset.gzip is not None]
    assert packed
    assert all(gzip.decompress(asset.gzip) == asset.body for asset in packed if asset.gzip)


def test_the_page_has_no_inline_script_and_names_no_other_server(explorer: Explorer) -> None:
    page = explorer.html.decode()
    assert "//" not in page
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page) == ["", ""]
    assert not re.search(r"\son[a-z]+=", page)


def test_what_would_reach_another_server_is_switched_off(explorer: Explorer) -> None:
    script = next(asset.body.decode() for name, asset in explorer.assets.items() if name.startswith("bootstrap-"))
    assert "//" not in script.replace("// Everything", "")
    for setting in (
        "withDefaultFonts: false",
        "telemetry: false",
        "agent: { disabled: true }",
        "mcp: { disabled: true }",
    ):
        assert setting in script


def test_the_policy_allows_no_origin_but_its_own() -> None:
    sources = {source for rule in CONTENT_SECURITY_POLICY.split("; ") for source in rule.split()[1:]}
    assert sources == {"'none'", "'self'", "'unsafe-inline'", "data:", "blob:"}
    assert "script-src 'self';" in CONTENT_SECURITY_POLICY
