"""The open document and its history as signals, the engine as a process, runs as they grow on disk. QtCore only."""
