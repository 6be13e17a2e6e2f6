"""`python -m training`: the training commands alone."""

from training.cli import app, run

if __name__ == "__main__":
    run(app)
