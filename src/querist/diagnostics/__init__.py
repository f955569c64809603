"""Diagnosis: arrays in, findings with evidence and remedy out."""
