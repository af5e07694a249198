"""Methods guided by a saliency map, which a source gives them.

Where maps come from is `augury.saliency`; the `puzzle_*.py` files belong to Puzzle Mix.
"""
