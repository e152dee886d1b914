"""Cores without SIMD: ARMv6-M and RV32IMC. More outputs for each load, two products in one multiplication."""
