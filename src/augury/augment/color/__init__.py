"""Operations on colors, levels, sharpness and picture quality; pixels stay where they are.

`enhance.py` and `tables.py` hold the code that several of them use.
"""
