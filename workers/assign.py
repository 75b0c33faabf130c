"""The assignment problem: who is paired with whom, so that all pairs together cost least."""

from collections.abc import Sequence
from math import inf


def assign(costs: Sequence[Sequence[float]]) -> list[int]:
    """Return for each row a column of its own, so that the sum of their costs is least.

    costs: finite, by row and column, with at least as many columns as rows. Takes rows² × columns
    steps. Source: the Hungarian method of Kuhn and Munkres, by shortest augmenting paths.
    """
    rows, columns = len(costs), len(costs[0]) if costs else 0
    # Row 0 and column 0 are none; of[column] is the row that has it.
    row_price, column_price = [0.0] * (rows + 1), [0.0] * (columns + 1)
    of = [0] * (columns + 1)
    for row in range(1, rows + 1):
        of[0], at = row, 0
        least, came_from = [inf] * (columns + 1), [0] * (columns + 1)
        done = {0}
        while of[at]:
            price = row_price[of[at]]
            for column in range(1, columns + 1):
                cost = costs[of[at] - 1][column - 1] - price - column_price[column]
                if column not in done and cost < least[column]:
                    least[column], came_from[column] = cost, at
            nearest = min((c for c in range(columns + 1) if c not in done), key=least.__getitem__)
            step = least[nearest]
            for column in range(columns + 1):
                if column in done:
                    row_price[of[column]] += step
                    column_price[column] -= step
                else:
                    least[column] -= step
            at = nearest
            done.add(at)
        while at:  # everybody on the path moves on by one column
            of[at] = of[came_from[at]]
            at = came_from[at]
    return [of.index(row, 1) - 1 for row in range(1, rows + 1)]
