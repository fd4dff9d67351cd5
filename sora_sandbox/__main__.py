"""`python -m sora_sandbox`."""

from sora_sandbox.cli import main

if __name__ == "__main__":
    main()
