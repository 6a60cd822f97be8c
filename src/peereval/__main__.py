"""Run the command line as ``python -m peereval``."""

from peereval.cli import main

if __name__ == "__main__":
    main()
