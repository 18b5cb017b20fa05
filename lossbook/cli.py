"""The ``lossbook`` command: argument parsing only, a few lines a command."""

import click

import lossbook


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(lossbook.__version__)
def main():
    """Loss functions and backpropagation, twice: in PyTorch and in Keras."""


if __name__ == "__main__":
    main()
