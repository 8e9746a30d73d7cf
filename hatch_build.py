"""Puts the built web client into wheels and sdists, and the media worker's C kernel into wheels.

So installing Passline needs no Node and no compiler. A wheel built without a compiler is one for every system, and
media forwards in Python there.
"""

import runpy
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildParts(BuildHookInterface[Any]):
    """Builds web/ into signaling/static, and media/plane/kernel.c; for an editable install `make setup` does both."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects files. Raises RuntimeError with what is missing."""
        if version == "editable":
            return
        self._web(Path(self.root))
        if self.target_name == "wheel":
            self._kernel(Path(self.root), build_data)

    def _kernel(self, root: Path, build_data: dict[str, Any]) -> None:
        built: Path | None = runpy.run_path(str(root / "tools" / "kernel.py"))["build_if_possible"]()
        if built is not None:
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{platform}"
            build_data["force_include"][str(built)] = str(built.relative_to(root))

    def _web(self, root: Path) -> None:
        if (root / "PKG-INFO").exists() and (root / "signaling" / "static" / "index.html").exists():
            return  # an unpacked sdist
        web = runpy.run_path(str(root / "tools" / "web.py"))
        try:
            web["build"]()
        except Exception as error:
            raise RuntimeError(f"the web client could not be built: {error}") from error
