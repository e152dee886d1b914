rule measure_cell:
    """Run one image on one board and record what it did."""
    input:
        elf="results/cells/{model}/{scheme}/{board}/firmware.elf",
        build="results/cells/{model}/{scheme}/{board}/build.json",
        board="config/boards/{board}.yaml",
        vectors="results/models/{model}/{scheme}.vectors.npz",
        emulator="results/stamps/emulator.sha256",
        sources=["results/stamps/device.sha256", "results/stamps/records.sha256"],
    output:
        "results/cells/{model}/{scheme}/{board}/measurement.json",
    log:
        "logs/measure_cell/{model}/{scheme}/{board}.log",
    benchmark:
        "benchmarks/measure_cell/{model}/{scheme}/{board}.tsv"
    threads: 1
    resources:
        mem_mb=300,
    message:
        "Measure {wildcards.model}/{wildcards.scheme} on {wildcards.board}"
    script:
        "../scripts/measure_cell.py"
