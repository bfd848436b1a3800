"""Torch modules and functions that torch itself lacks. The compiler copies their text into what it generates: each file stands alone."""
