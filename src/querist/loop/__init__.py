"""Rounds: plan, select, collect, train, evaluate, diagnose, decide."""
