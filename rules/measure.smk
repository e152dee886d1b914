# Images on boards, real or virtual, and on this machine.


rule measure_cell:
    """Run one image on one board and record what it did."""
    input:
        elf="results/cells/{model}/{scheme}/{board}/firmware.elf",
        build="results/cells/{model}/{scheme}/{board}/build.json",
        board="results/stamps/boards/{board}.json",
        vectors="results/models/{model}/{scheme}.vectors.npz",
        sources="results/stamps/run.sha256",
    output:
        "results/cells/{model}/{scheme}/{board}/measurement.json",
    log:
        "logs/measure_cell/{model}/{scheme}/{board}.log",
    benchmark:
        "benchmarks/measure_cell/{model}/{scheme}/{board}.tsv"
    wildcard_constraints:
        board=ANY_BOARD_BUT.format("|".join(["host", *PLUGGED])),
    threads: 1
    resources:
        mem_mb=400,
    message:
        "Measure {wildcards.model}/{wildcards.scheme} on {wildcards.board}"
    script:
        "../scripts/measure_cell.py"


if PLUGGED:

    use rule measure_cell as measure_plugged with:
        wildcard_constraints:
            board="|".join(PLUGGED),
        resources:
            mem_mb=400,
            **exclusive_board,
        localrule: True


rule measure_host:
    """Time the same generated C on this machine."""
    input:
        tflite="results/models/{model}/{scheme}.tflite",
        vectors="results/models/{model}/{scheme}.vectors.npz",
        sources="results/stamps/native.sha256",
    output:
        "results/cells/{model}/{scheme}/host/measurement.json",
    localrule: True
    log:
        "logs/measure_host/{model}/{scheme}.log",
    benchmark:
        "benchmarks/measure_host/{model}/{scheme}.tsv"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Measure {wildcards.model}/{wildcards.scheme} on this machine"
    script:
        "../scripts/measure_host.py"


rule measure_image:
    """Run an image that another engine built, with the test vectors of the network in it."""
    input:
        declaration="config/images/{image}.yaml",
        file=lambda wildcards: image_of(wildcards.image).file,
        board=lambda wildcards: f"results/stamps/boards/{image_of(wildcards.image).board}.json",
        tflite=lambda wildcards: "results/models/{0.model}/{0.scheme}.tflite".format(image_of(wildcards.image)),
        vectors=lambda wildcards: "results/models/{0.model}/{0.scheme}.vectors.npz".format(image_of(wildcards.image)),
        sources="results/stamps/run.sha256",
    output:
        "results/images/{image}/measurement.json",
    localrule: True
    log:
        "logs/measure_image/{image}.log",
    benchmark:
        "benchmarks/measure_image/{image}.tsv"
    threads: 1
    resources:
        mem_mb=400,
        **exclusive_board,
    message:
        "Measure the foreign image {wildcards.image}"
    script:
        "../scripts/measure_image.py"
