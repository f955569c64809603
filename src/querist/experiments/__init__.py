"""Proof offline on labelled arrays: arms, paired seeds, statistics, report."""
