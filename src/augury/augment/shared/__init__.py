"""What methods of several kinds share: rectangles, and draws from beta and Dirichlet
distributions.
"""
