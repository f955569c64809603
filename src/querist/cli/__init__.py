"""The command line: parses, calls the project or experiments, prints."""
