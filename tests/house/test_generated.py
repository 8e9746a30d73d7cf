"""What is generated from the contract is the contract of today."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository import ROOT

pytestmark = pytest.mark.flow

OPENAPI = ROOT / "web" / "openapi.json"
GENERATED = ROOT / "web" / "src" / "contract" / "generated.ts"
HOW = "run: .venv/bin/python -m signaling.http.openapi > web/openapi.json && .venv/bin/python tools/web.py run contract"


def test_the_api_document_is_in_step_with_the_contract() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "signaling.http.openapi"], cwd=ROOT, capture_output=True, check=True, timeout=60
    ).stdout
    assert made == OPENAPI.read_bytes(), HOW


def test_the_typescript_is_in_step_with_the_api_document(tmp_path: Path) -> None:
    fresh = tmp_path / "generated.ts"
    web = [sys.executable, "tools/web.py", "exec"]
    subprocess.run([*web, "openapi-typescript", "openapi.json", "-o", str(fresh)], cwd=ROOT, check=True, timeout=120)
    assert fresh.read_text() == GENERATED.read_text(), HOW
