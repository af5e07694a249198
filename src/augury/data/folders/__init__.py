"""Reading of image folders and archives: finding files, classes and parts, and decoding.

Start with `image_folder.py`; `layout.py` says which image belongs to which class and part.
"""
