"""How the shipped definitions and the template networks are drawn. ``python -m resources.gallery`` writes them into ``resources/`` anew."""
