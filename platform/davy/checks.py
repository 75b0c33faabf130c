"""What every command says before it works: variables that mean nothing."""

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from davy.env import unknown

__all__ = ["names_are_known"]


@register
def names_are_known(**given: Any) -> list[CheckMessage]:
    """Warn of a misspelt variable: the default of what was meant holds, and nobody hears of it."""
    hint = "Nothing reads it, so what it says has no effect."
    return [Warning(words, hint=hint, id="davy.W001") for words in unknown()]
