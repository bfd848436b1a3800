"""The graph on screen: items, the view, and one class for each mouse gesture."""
