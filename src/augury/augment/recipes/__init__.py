"""What well-known projects do to training images, as augmentations by name.

`published.py` says where each was read, and what it leaves out.
"""
