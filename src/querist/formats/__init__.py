"""Import and export, each with a loss report."""
