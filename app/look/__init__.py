"""How things look everywhere: colours, fonts, icons, numbers as text. What canvas and panels share."""
