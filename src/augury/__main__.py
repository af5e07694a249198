"""The command `augury`, also as `python -m augury`."""

import os
import sys

# Before anything else is imported: Python puts the working folder first with -m.
if not sys.flags.safe_path and os.path.exists(os.curdir) and sys.path[0] == os.getcwd():
    del sys.path[0]

from augury.startup import without_working_folder

sys.path[:] = without_working_folder(sys.path)

from augury.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
