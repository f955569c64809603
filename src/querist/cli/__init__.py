"""The command line: parses, calls the project or experiments, prints."""

from querist.cli.app import main

__all__ = ["main"]
