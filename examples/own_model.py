"""A model of your own as a script: four functions in a file of the project's folder, no server.

    [learner]
    name = "script"
    encoder = "script-image"

    [learner.parameters]
    file = "own_model.py"
    python = "env/bin/python"        # of another virtual environment, with numpy; or leave it out

    [learner.encoder_parameters]
    file = "own_model.py"
    dimensions = 144

Querist starts the file when it needs it and ends it with itself. What it prints is not in the way.
"""

import io

import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def train(vectors, labels, seed):
    """Any object: it comes back as `model` below. Labels are whole numbers, a row each."""
    scaler = StandardScaler().fit(vectors)
    fitted = LogisticRegression(max_iter=1000, random_state=seed)
    fitted.fit(scaler.transform(vectors), labels)
    weights, intercept = fitted.coef_ / scaler.scale_, fitted.intercept_
    intercept = intercept - weights @ scaler.mean_
    if len(fitted.classes_) == 2:  # one row of logits: the first class's are 0
        weights = np.vstack([np.zeros_like(weights), weights])
        intercept = np.concatenate([[0.0], intercept])
    return {"weights": weights, "intercept": intercept}


def predict(model, vectors):
    """Probabilities, or {"logits": table}: a column a class of the labels, in their order."""
    return {"logits": vectors @ model["weights"].T + model["intercept"]}


def state(model, folder):
    """Keep the model in the folder; with None, read it back."""
    if model is None:
        return dict(np.load(folder / "model.npz"))
    return np.savez(folder / "model.npz", **model)


def embed(items):
    """A vector for each asset; an item holds its id and the data, text or features."""
    return np.stack([thumbnail(item["data"]) for item in items])


def thumbnail(data):
    """Twelve by twelve gray pixels of a picture."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("L").resize((12, 12)), np.float32).ravel() / 255
