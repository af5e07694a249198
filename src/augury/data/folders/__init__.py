"""Folders and archives of images: found, understood, decoded, set aside with a reason.

Start with `image_folder.py`; `layout.py` says which image belongs to which class and part.
"""
