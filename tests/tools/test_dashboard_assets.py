from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from tools import dashboard_assets

FILES = {"dist/uPlot.iife.min.js": b"var uPlot={};", "dist/uPlot.min.css": b".uplot {}", "LICENSE": b"The MIT License"}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package of the same form, with the integrity value that it has."""
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz") as members:
        for name, body in FILES.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(body)
            members.addfile(member, io.BytesIO(body))
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    monkeypatch.setattr(dashboard_assets, "INTEGRITY", f"sha512-{digest}")
    return path


def test_script_and_styles_are_packed_under_their_hashes_beside_the_licence(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "uplot-1.0.0-0123456789abcdef.js.gz").touch()
    written = dashboard_assets.vendor(archive, tmp_path)
    assert [gzip.decompress(each.read_bytes()) for each in written] == list(FILES.values())[:2]
    assert (tmp_path / "LICENSE").read_bytes() == FILES["LICENSE"]
    assert sorted(tmp_path.glob("*.gz")) == sorted(written)


def test_another_package_is_refused_by_its_integrity(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(archive.read_bytes() + b"\0")
    with pytest.raises(ValueError, match="is not uplot"):
        dashboard_assets.vendor(archive, tmp_path)
    assert not list(tmp_path.glob("*.gz"))


def test_the_committed_assets_are_named_by_their_content() -> None:
    assets = sorted(dashboard_assets.ASSETS.glob("*.gz"))
    assert len(assets) == 2
    for asset in assets:
        digest = hashlib.sha256(gzip.decompress(asset.read_bytes())).hexdigest()[:16]
        assert f"uplot-{dashboard_assets.VERSION}-{digest}." in asset.name
