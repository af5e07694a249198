"""Methods that overwrite a region of the image and keep its label.

One file per method; methods that paste another image are in `mixing`.
"""
