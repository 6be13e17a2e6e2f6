"""`python -m training`: the training commands alone."""

from training.cli import app

if __name__ == "__main__":
    app()
