"""ARMv7E-M and ARMv8-M Mainline with the DSP extension: Cortex-M4, M7, M33."""
