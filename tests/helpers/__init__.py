"""What the tests of several packages share: fake studies, batches, networks, and readers.

A helper that only one package's tests use stays beside them.
"""
