"""HTML reports, each in one file that loads nothing from elsewhere."""

from querist.experiments.experiment_report import experiment_report
from querist.experiments.project_report import project_report
from querist.experiments.simulation_report import simulation_report

__all__ = ["experiment_report", "project_report", "simulation_report"]
