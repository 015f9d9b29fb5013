from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from tools import explorer_assets

SCRIPT = b"window.Scalar={}\n"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package of the same form, with the integrity value that it has."""
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz") as members:
        body = SCRIPT + b"//# sourceMappingURL=standalone.js.map"
        member = tarfile.TarInfo("package/dist/browser/standalone.js")
        member.size = len(body)
        members.addfile(member, io.BytesIO(body))
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    monkeypatch.setattr(explorer_assets, "INTEGRITY", f"sha512-{digest}")
    return path


def test_the_script_is_packed_under_its_hash_without_its_source_map(archive: Path, tmp_path: Path) -> None:
    written = explorer_assets.vendor(archive, tmp_path)
    assert written.name == f"scalar-{explorer_assets.VERSION}-{hashlib.sha256(SCRIPT).hexdigest()[:16]}.js.gz"
    assert gzip.decompress(written.read_bytes()) == SCRIPT


def test_a_former_version_is_removed(archive: Path, tmp_path: Path) -> None:
    former = tmp_path / "scalar-1.0.0-0123456789abcdef.js.gz"
    former.touch()
    explorer_assets.vendor(archive, tmp_path)
    assert not former.exists()


def test_another_package_is_refused_by_its_integrity(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(archive.read_bytes() + b"\0")
    with pytest.raises(ValueError, match="is not @scalar/api-reference"):
        explorer_assets.vendor(archive, tmp_path)
    assert not list(tmp_path.glob("*.js.gz"))


def test_the_committed_asset_is_named_by_its_content() -> None:
    (asset,) = explorer_assets.ASSETS.glob("*.js.gz")
    digest = hashlib.sha256(gzip.decompress(asset.read_bytes())).hexdigest()[:16]
    assert asset.name == f"scalar-{explorer_assets.VERSION}-{digest}.js.gz"
    assert (explorer_assets.ASSETS / "LICENSE").read_text(encoding="utf-8").count("MIT License") == 1
