"""Pairs that together cost least."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from workers.assign import assign


@st.composite
def tables(draw):
    """Return costs of up to four rows and five columns, often alike."""
    rows = draw(st.integers(0, 4))
    columns = draw(st.integers(max(rows, 1), 5))
    cost = st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0, 1000.0]) | st.floats(0, 2)
    row = st.lists(cost, min_size=columns, max_size=columns)
    return draw(st.lists(row, min_size=rows, max_size=rows))


@settings(max_examples=300, deadline=None)
@given(tables())
def test_no_other_pairs_cost_less_and_nobody_is_paired_twice(costs):
    def total(columns):
        return sum(row[column] for row, column in zip(costs, columns, strict=True))

    found = assign(costs)
    assert len(set(found)) == len(costs)
    if costs:
        least = min(map(total, permutations(range(len(costs[0])), len(costs))))
        assert abs(total(found) - least) < 1e-6
