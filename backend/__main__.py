"""`python -m backend`: the command `axiscope`."""

from backend.cli import main

if __name__ == "__main__":
    main()
