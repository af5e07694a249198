"""Code that methods of several kinds use: rectangles, and beta and Dirichlet distributions."""
