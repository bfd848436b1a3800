"""Oracles that are no dependency: run by hand where they are installed."""
