"""Register models of peripherals, one file per kind; the chips' virtual.py put them together."""
