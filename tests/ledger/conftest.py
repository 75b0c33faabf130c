"""A mine whose roots are stamped by a real authority.

Read before Django has its settings: what needs them is imported within.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from apps.mines.models import Mine
    from tests.cast import Cast
    from tests.ledger.authority import Authority


@pytest.fixture
def tsa(tmp_path, settings) -> Iterator[Authority]:
    from tests.ledger.authority import authority

    folder = tmp_path / "tsa"
    folder.mkdir()
    with authority(folder) as here:
        settings.TSA_URL, settings.TSA_CA = here.url, here.ca
        yield here


@pytest.fixture
def hill(cast: Cast) -> Mine:
    return cast.lamp_hill.mine
