"""Where heavy work runs: jobs with progress, cancel and resume."""
