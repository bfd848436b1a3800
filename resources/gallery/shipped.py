"""All definitions that come with the program."""

from functools import cache

from app.document.graph import Definition
from resources.gallery import attention, dense, inception, mobile, residual


@cache
def definitions() -> dict[str, Definition]:
    """The definitions by name, in the order of the palette."""
    found: dict[str, Definition] = {}
    for family in (dense, residual, inception, mobile, attention):
        family.add_all(found)
    return found
