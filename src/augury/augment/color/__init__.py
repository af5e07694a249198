"""Operations on colors, levels and sharpness; pixels stay where they are.

`enhance.py` and `tables.py` hold the code that several of them use.
"""
