"""Writes what a Passline is made of: CycloneDX lists of its Python packages and of the packages in the web client.

    python tools/sbom.py --environment .venv/bin/python --output dist/sbom

Wants `cyclonedx-py` (PyPI: cyclonedx-bom) on PATH and a Node, see tools/web.py.
"""

import argparse
import os
import runpy
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Two files below `--output`. Raises CalledProcessError."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", type=Path, required=True, help="the interpreter that has Passline installed")
    parser.add_argument("--output", type=Path, required=True)
    asked = parser.parse_args()
    asked.output.mkdir(parents=True, exist_ok=True)
    python = ["cyclonedx-py", "environment", "--output-reproducible", "--output-file"]
    subprocess.run([*python, asked.output / "python.cdx.json", asked.environment], check=True)
    node = runpy.run_path(str(ROOT / "tools" / "web.py"))["node_directory"]()
    path = os.pathsep.join((node, os.environ.get("PATH", "")))
    npm = [str(Path(node, "npm")), "sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev"]
    listed = subprocess.run(npm, cwd=ROOT / "web", env={**os.environ, "PATH": path}, check=True, capture_output=True)
    (asked.output / "web.cdx.json").write_bytes(listed.stdout)


if __name__ == "__main__":
    main()
