"""What runs the cells of a study: on this machine, or elsewhere."""
