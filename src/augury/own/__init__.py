"""The user's own code, "module:attribute" or `here:NAME`: what may run, and how it is loaded.

`kinds` says what makes transforms, models and data sets; what is made of them is said by
`augment.foreign`, `models.own` and `data.own`.
"""

__all__: list[str] = []  # private: what is given to it is given to `augury.Study`
