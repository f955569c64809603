"""Query strategies: scores, selectors, and a registry of named compositions."""
