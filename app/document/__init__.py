"""The document: a value, its pure edits, its history, its file, and what can be said about it. No Qt, no torch."""
