"""Data sets: their columns, samples as numpy arrays, splits. No Qt, no torch."""
