"""`python -m coursekit` is `coursekit`: for what starts modules, such as `torchrun -m`."""

from coursekit.cli import main

if __name__ == "__main__":
    main()
