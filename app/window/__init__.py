"""The main window: docks, actions declared as data, style, and how a run is started."""
