"""What we ship for installing: containers are confined and described validly, and name only settings that exist."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from runtime.settings import CONFIG, PREFIX, Settings
from tests.house.repository import PYTHON_PACKAGES, ROOT, text

pytestmark = pytest.mark.unit

COMPOSE = (Path("docker/compose.yaml"), Path("docker/compose.parts.yaml"))
DOCKERFILE = Path("docker/Dockerfile")
SHIPPED = (*COMPOSE, DOCKERFILE, Path("systemd/passline.service"))


def _services(path: Path) -> dict[str, dict[str, Any]]:
    document: dict[str, Any] = YAML(typ="safe").load(text(path))
    return dict(document["services"])


def test_compose_files_are_what_compose_understands() -> None:
    schema = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*schema, *map(str, COMPOSE)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_container_is_confined() -> None:
    for path in COMPOSE:
        for name, service in _services(path).items():
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
            assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}, name
            assert {"mem_limit", "cpus", "pids_limit"} <= set(service), name
            assert "build" in service or "healthcheck" in service, f"{name} brings no health check with its image"


def test_every_target_of_a_compose_file_is_in_the_dockerfile_with_a_health_check() -> None:
    stages = re.split(r"^FROM ", text(DOCKERFILE), flags=re.MULTILINE)[1:]
    named = {stage.split("\n")[0].split(" AS ")[1]: stage for stage in stages}
    targets = {s["build"]["target"] for path in COMPOSE for s in _services(path).values() if "build" in s}
    assert targets == {"all-in-one", "signaling", "media", "recorder"}
    for target in targets:
        assert named[target].startswith("process AS"), f"{target} is made of what runs as nobody in particular"
        assert "HEALTHCHECK" in named[target]
    assert re.search(r"^USER \d+:\d+$", named["process"], re.MULTILINE)
    assert stages[-1].split("\n")[0].endswith("AS all-in-one"), "the default is the last"


def test_a_build_sees_every_package_and_no_data() -> None:
    seen = {line.removeprefix("!") for line in text(Path(".dockerignore")).splitlines() if line.startswith("!")}
    assert set(PYTHON_PACKAGES) <= seen
    assert not seen & {"data", ".git", ".venv", "tests"}


def test_what_is_shipped_names_only_settings_that_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {CONFIG}
    for path in SHIPPED:
        named = set(re.findall(r"\bPASSLINE_[A-Z_]+\b", text(path)))
        assert {name.removesuffix("_FILE") for name in named} <= known, path
