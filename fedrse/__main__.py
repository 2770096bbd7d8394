"""``python -m fedrse`` is the command ``fedrse``."""

from fedrse.app.cli import main

if __name__ == "__main__":
    main()
