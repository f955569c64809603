"""``python -m querist`` is the command line."""

from querist.cli import main

if __name__ == "__main__":
    main()
