"""A search for a combination: forward selection by races on validation images, then one test.

`choosing.py` says what a step tries and what it chooses; `steps.py` plans the races in their
folders and shares finished runs among them. What runs them is `augury.api.searching`.
"""
