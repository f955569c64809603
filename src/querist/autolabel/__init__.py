"""Auto-labelling: accept what the model is sure enough of, under a promised error rate."""
