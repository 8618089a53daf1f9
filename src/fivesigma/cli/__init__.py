"""The command line, thin: it reads arguments, calls the analysis room, and says what went wrong in the user's words."""
