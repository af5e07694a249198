"""Methods guided by saliency maps, which they get from a source.

Sources are in `augury.saliency`; the `puzzle_*.py` files belong to Puzzle Mix.
"""
