"""A model of your own for spans in texts, as a script: it remembers words and the words before.

    [learner]
    name = "script"

    [learner.parameters]
    file = "own_spans.py"

Labels, and what is said, have the form of an export: docs/own-models.md shows those of all tasks.
"""

import json
import re

WORD = re.compile(r"\w+")


def train(items, labels, classes, seed):
    """How often each word, and each one after another, is of a class; "" stands for none."""
    model = {}
    for at, item in enumerate(items):
        of_class = {}
        for it in labels[at]["spans"]:
            for word in WORD.finditer(item["text"], it["span"]["start"], it["span"]["end"]):
                of_class[word.start()] = it["name"]
        for word, keys in words(item["text"]):
            for key in keys:
                counts = model.setdefault(key, {})
                name = of_class.get(word.start(), "")
                counts[name] = counts.get(name, 0) + 1
    return model


def predict(model, items):
    """The spans of each text with how sure they are, and how unsure the whole text is."""
    told = [tell(model, item["text"]) for item in items]
    values = [{"type": "spans", "spans": spans} for spans, _ in told]
    return {"values": values, "uncertainty": [doubt for _, doubt in told]}


def state(model, folder):
    """Keep the model in the folder; with None, read it back."""
    if model is None:
        return json.loads((folder / "words.json").read_text())
    return (folder / "words.json").write_text(json.dumps(model))


def tell(model, text):
    """The words that are likeliest of a class, and the mean chance that a word is told wrongly."""
    spans, wrong = [], []
    for word, keys in words(text):
        counts = next((model[key] for key in keys if key in model), {"": 1})
        name = max(counts, key=counts.get)
        sure = (counts[name] + 0.5) / (sum(counts.values()) + 1)
        wrong.append(1 - sure)
        last = spans[-1] if spans else None
        if last and last["name"] == name and text[last["span"]["end"] : word.start()] == " ":
            last["span"]["end"] = word.end()
            last["confidence"] = min(last["confidence"], sure)
        elif name:
            span = {"start": word.start(), "end": word.end()}
            spans.append({"name": name, "span": span, "confidence": sure})
    return spans, sum(wrong) / max(len(wrong), 1)


def words(text):
    """Each word with what may be known of it: itself, or else what it comes after."""
    before = ""
    for word in WORD.finditer(text):
        yield word, [word.group(), "after " + before]
        before = word.group().lower()
