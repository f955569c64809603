"""Proof offline on labelled arrays: arms, paired seeds, statistics, report."""

from querist.experiments.arms import CONTROL
from querist.experiments.data import LabeledData, labeled_data
from querist.experiments.datasets import (
    ImageSet,
    load_demo,
    load_digits_images,
    load_fashion_mnist,
    write_image_folder,
)
from querist.experiments.notebook import Simulation, simulate
from querist.experiments.picture import check_picture, simulation_png
from querist.experiments.reading import from_table, load_data
from querist.experiments.report import project_report, simulation_report
from querist.experiments.settings import SimulationSettings
from querist.experiments.simulation import run_simulation

__all__ = [
    "CONTROL",
    "ImageSet",
    "LabeledData",
    "Simulation",
    "SimulationSettings",
    "check_picture",
    "from_table",
    "labeled_data",
    "load_data",
    "load_demo",
    "load_digits_images",
    "load_fashion_mnist",
    "project_report",
    "run_simulation",
    "simulate",
    "simulation_png",
    "simulation_report",
    "write_image_folder",
]
