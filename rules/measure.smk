# Images on boards, real or virtual, and on this machine.


# A real board serves as many jobs at once as it has units, on the machine that has it; virtual boards are unlimited.
PLACES = {"": (ANY_BOARD_BUT.format("|".join(["host", *PLUGGED])), {}, False)}
if PLUGGED:
    PLACES["-plugged"] = "|".join(PLUGGED), exclusive_board, True

for suffix, schemes in TOGETHER.items():
    for place, (boards, exclusive, local) in PLACES.items():

        rule:
            """Run the images of one model on one board and record what they did."""
            name:
                f"measure_cell{place}{suffix}"
            input:
                elf=[f"results/cells/{{model}}/{scheme}/{{board}}/firmware.elf" for scheme in schemes],
                build=[f"results/cells/{{model}}/{scheme}/{{board}}/build.json" for scheme in schemes],
                board="results/stamps/boards/{board}.json",
                vectors=[f"results/models/{{model}}/{scheme}.vectors.npz" for scheme in schemes],
                sources="results/stamps/run.sha256",
            output:
                [f"results/cells/{{model}}/{scheme}/{{board}}/measurement.json" for scheme in schemes],
            localrule: local
            log:
                f"logs/measure_cell{suffix}/{{model}}/{{board}}.log",
            benchmark:
                f"benchmarks/measure_cell{suffix}/{{model}}/{{board}}.tsv"
            wildcard_constraints:
                board=boards,
            threads: 1
            resources:
                mem_mb=400,
                **exclusive,
            message:
                f"Measure {{wildcards.model}}{suffix} on {{wildcards.board}}"
            script:
                "../scripts/measure_cell.py"

    rule:
        """Time the same generated C on this machine."""
        name:
            f"measure_host{suffix}"
        input:
            tflite=[f"results/models/{{model}}/{scheme}.tflite" for scheme in schemes],
            vectors=[f"results/models/{{model}}/{scheme}.vectors.npz" for scheme in schemes],
            sources="results/stamps/native.sha256",
        output:
            [f"results/cells/{{model}}/{scheme}/host/measurement.json" for scheme in schemes],
        localrule: True
        log:
            f"logs/measure_host{suffix}/{{model}}.log",
        benchmark:
            f"benchmarks/measure_host{suffix}/{{model}}.tsv"
        threads: 1
        resources:
            mem_mb=500,
        message:
            f"Measure {{wildcards.model}}{suffix} on this machine"
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
