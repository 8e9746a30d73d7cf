"""The parts of the walk through every screen."""
