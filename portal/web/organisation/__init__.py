"""Pages every organisation has, on whichever side it is: its people, and how they sign in."""
