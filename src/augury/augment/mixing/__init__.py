"""Methods that combine two images and their labels without looking at saliency.

`partners.py` pairs the images, also for the methods in `saliency/`.
"""
