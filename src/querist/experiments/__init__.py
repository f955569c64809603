"""Proof offline on labelled arrays: arms, paired seeds, statistics, report."""

from querist.experiments.data import LabeledData, from_table, labeled_data, load_data
from querist.experiments.datasets import (
    ImageSet,
    load_demo,
    load_digits_images,
    load_fashion_mnist,
    write_image_folder,
)
from querist.experiments.report import project_report, simulation_report
from querist.experiments.settings import CONTROL, SimulationSettings
from querist.experiments.simulation import run_simulation

__all__ = [
    "CONTROL",
    "ImageSet",
    "LabeledData",
    "SimulationSettings",
    "from_table",
    "labeled_data",
    "load_data",
    "load_demo",
    "load_digits_images",
    "load_fashion_mnist",
    "project_report",
    "run_simulation",
    "simulation_report",
    "write_image_folder",
]
