"""Puts the built web client into wheels and sdists, so that installing Passline needs no Node."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildWeb(BuildHookInterface[Any]):
    """Builds web/ into signaling/static; an editable install and an unpacked sdist have no need of it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling calls it so
        """Called by hatchling before it collects files. Raises RuntimeError with what is missing."""
        root = Path(self.root)
        unpacked_sdist = (root / "PKG-INFO").exists() and (root / "signaling" / "static" / "index.html").exists()
        if version == "editable" or unpacked_sdist:
            return
        web = runpy.run_path(str(root / "tools" / "web.py"))
        try:
            web["build"]()
        except Exception as error:
            raise RuntimeError(f"the web client could not be built: {error}") from error
