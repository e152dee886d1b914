# Kernels, images and the forms that flash tools take.


rule compile_kernels:
    """Compile the kernels for one core; all its boards and models link against them."""
    input:
        kernels="results/stamps/kernels.sha256",
    output:
        "results/kernels/{core}/libkernels.a",
    log:
        "logs/compile_kernels/{core}.log",
    benchmark:
        "benchmarks/compile_kernels/{core}.tsv"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Compile the kernels for {wildcards.core}"
    script:
        "../scripts/compile_kernels.py"


for suffix, schemes in TOGETHER.items():

    rule:
        """Compile one model for one board; build.json says why if there is no image."""
        name:
            f"build_firmware{suffix}"
        input:
            tflite=[f"results/models/{{model}}/{scheme}.tflite" for scheme in schemes],
            board="config/boards/{board}.yaml",
            kernels=kernels_of,
            sources="results/stamps/image.sha256",
        output:
            elf=[f"results/cells/{{model}}/{scheme}/{{board}}/firmware.elf" for scheme in schemes],
            build=[f"results/cells/{{model}}/{scheme}/{{board}}/build.json" for scheme in schemes],
        log:
            f"logs/build_firmware{suffix}/{{model}}/{{board}}.log",
        benchmark:
            f"benchmarks/build_firmware{suffix}/{{model}}/{{board}}.tsv"
        threads: 1
        resources:
            mem_mb=500,
        message:
            f"Build {{wildcards.model}}{suffix} for {{wildcards.board}}"
        script:
            "../scripts/build_firmware.py"


rule convert_image:
    """Write an image in a form that the board's flash tools take."""
    input:
        elf="results/cells/{model}/{scheme}/{board}/firmware.elf",
        build="results/cells/{model}/{scheme}/{board}/build.json",
        board="config/boards/{board}.yaml",
        sources="results/stamps/harness.sha256",
    output:
        "results/cells/{model}/{scheme}/{board}/firmware.{format}",
    log:
        "logs/convert_image/{model}/{scheme}/{board}/{format}.log",
    benchmark:
        "benchmarks/convert_image/{model}/{scheme}/{board}/{format}.tsv"
    wildcard_constraints:
        format="bin|hex|uf2",
    threads: 1
    resources:
        mem_mb=300,
    message:
        "Write {wildcards.model}/{wildcards.scheme} for {wildcards.board} as .{wildcards.format}"
    script:
        "../scripts/convert_image.py"


rule build_sound:
    """Build an image that takes a second of sound: front end and network."""
    input:
        tflite="results/models/{model}/{scheme}.tflite",
        data=data_of,
        board="config/boards/{board}.yaml",
        kernels=kernels_of,
        sources="results/stamps/sound.sha256",
    output:
        "results/sound/{model}/{scheme}/{board}/firmware.elf",
    log:
        "logs/build_sound/{model}/{scheme}/{board}.log",
    benchmark:
        "benchmarks/build_sound/{model}/{scheme}/{board}.tsv"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Build {wildcards.model}/{wildcards.scheme} with its front end for {wildcards.board}"
    script:
        "../scripts/build_sound.py"
