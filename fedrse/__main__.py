"""``python -m fedrse`` is the command ``fedrse``."""

from fedrse.app.entry import main

if __name__ == "__main__":
    main()
