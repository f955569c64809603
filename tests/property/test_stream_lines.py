"""Whatever comes in as a line, a stream answers it with one JSON object."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from querist.strategies.streams import LineStream, Stream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
TABLES = st.sampled_from([[0.5, 0.5], [0.9, 0.1], [1.0], [], {"a": 0.2, "b": 0.8}])
BODIES = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b", 3]) | VALUES},
    optional={
        "probabilities": TABLES | VALUES,
        "embedding": st.just([1.0, 2.0]) | VALUES,
        "time": st.floats(0, 1e6) | VALUES,
        "label": st.sampled_from([0, 1, "a", "b"]) | VALUES,
    },
)


@given(
    st.lists(st.one_of(BODIES, VALUES), max_size=12), st.sampled_from(["random", "vessal", "biqf"])
)
@settings(max_examples=300, deadline=None)
def test_every_line_gets_an_answer(bodies, strategy):
    """Each line gives a decision, the use of a label, or an error; a wrong one changes nothing."""
    stream = LineStream(Stream(strategy, budget=0.5), clock=lambda: 0.0)
    for number, body in enumerate(bodies, start=1):
        before = json.dumps(stream.state())
        answer = stream.answer(json.dumps(body), number)
        assert json.loads(json.dumps(answer, allow_nan=False)) == answer
        assert len(answer.keys() & {"ask", "used", "error"}) == 1
        if "error" in answer:
            assert json.dumps(stream.state(), allow_nan=False) == before
