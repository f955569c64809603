"""Proof offline on labelled arrays: arms, paired seeds, statistics, report."""

from querist.experiments.arms import CONTROL
from querist.experiments.comparing import Experiment, SideBySide, sentence
from querist.experiments.data import LabeledData, labeled_data
from querist.experiments.datasets import (
    ImageSet,
    load_demo,
    load_digits_images,
    load_fashion_mnist,
    write_image_folder,
)
from querist.experiments.feeding import OrderGain, compare_orders
from querist.experiments.judging import JudgedNumbers, JudgedObjects, ObjectArm
from querist.experiments.notebook import Simulation, simulate
from querist.experiments.picture import check_picture, simulation_png
from querist.experiments.reading import from_table, load_data
from querist.experiments.report import experiment_report, project_report, simulation_report
from querist.experiments.settings import SimulationSettings
from querist.experiments.side_by_side import compared, side_by_side
from querist.experiments.simulation import run_simulation
from querist.experiments.trials import Trial, answers_by_size, repeated_trials, sizes

__all__ = [
    "CONTROL",
    "Experiment",
    "ImageSet",
    "JudgedNumbers",
    "JudgedObjects",
    "LabeledData",
    "ObjectArm",
    "OrderGain",
    "SideBySide",
    "Simulation",
    "SimulationSettings",
    "Trial",
    "answers_by_size",
    "check_picture",
    "compare_orders",
    "compared",
    "experiment_report",
    "from_table",
    "labeled_data",
    "load_data",
    "load_demo",
    "load_digits_images",
    "load_fashion_mnist",
    "project_report",
    "repeated_trials",
    "run_simulation",
    "sentence",
    "side_by_side",
    "simulate",
    "simulation_png",
    "simulation_report",
    "sizes",
    "write_image_folder",
]
