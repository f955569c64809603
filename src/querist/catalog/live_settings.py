"""Live settings: the policy in ``querist.toml`` holds from the moment it is saved, by whomever."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from querist.catalog.durable import exclusive
from querist.catalog.settings import FILE_NAME, Settings
from querist.errors import QueristError

logger = logging.getLogger(__name__)


class LiveSettings:
    """The settings of an open project, which several processes may have open.

    What the project is made of (task, media, records) stays what it was when it was opened; its
    policy follows the file.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._path = folder / FILE_NAME
        self._guard = threading.Lock()
        self._stamp = self._look()
        self._now = settings

    @property
    def now(self) -> Settings:
        """The settings with the policy of the file; of a file that is wrong, what held before."""
        stamp = self._look()
        if stamp != self._stamp:
            with self._guard:
                self._read(stamp)
        return self._now

    def change_policy(self, **values: Any) -> Settings:
        """Write other values of the policy into the file; its comments and order are kept.

        Raises:
            InvalidInputError: a value is of the wrong type or out of its range.
            UnknownNameError: there is no such setting.
            StorageError: the file cannot be written.
        """
        with exclusive(self._folder / ".querist.lock", doing="changing the settings"):
            changed = Settings.read(self._folder).with_policy(**values)
            changed.write(self._folder)
        return self.now

    def _read(self, stamp: tuple[int, ...] | None) -> None:
        try:
            policy = Settings.read(self._folder).policy
        except QueristError as problem:
            # Somebody is editing it by hand; whoever opens the project next is told.
            logger.warning("The settings stay as they were. %s", problem)
        else:
            self._now = replace(self._now, policy=policy)
        self._stamp = stamp

    def _look(self) -> tuple[int, ...] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
