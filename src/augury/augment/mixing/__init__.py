"""Methods that combine two images and their labels without looking at saliency.

`partners.py` says who is mixed with whom, also for the methods in `saliency/`.
"""
