# From a trained model to its quantization schemes, with test vectors and accuracy of each.


rule convert_model:
    """Convert a trained model to every quantization scheme."""
    input:
        model=weights_of,
        declaration=declaration_of,
        data=data_of,
        schemes="scripts/lib/schemes.py",
    output:
        [f"results/models/{{model}}/{scheme}.tflite" for scheme in SCHEMES],
    log:
        "logs/convert_model/{model}.log",
    benchmark:
        "benchmarks/convert_model/{model}.tsv"
    priority: 10
    threads: 1
    resources:
        mem_mb=1500,
    message:
        "Convert {wildcards.model}"
    script:
        "../scripts/convert_model.py"


for suffix, schemes in TOGETHER.items():

    rule:
        """Run test samples through the oracles of the schemes; boards must give the same outputs."""
        name:
            f"make_vectors{suffix}"
        input:
            tflite=[f"results/models/{{model}}/{scheme}.tflite" for scheme in schemes],
            data=data_of,
            declaration=declaration_of,
            sources=[f"scripts/lib/{name}.py" for name in ("schemes", "quantization", "oracle", "vectors")],
        output:
            [f"results/models/{{model}}/{scheme}.vectors.npz" for scheme in schemes],
        log:
            f"logs/make_vectors{suffix}/{{model}}.log",
        benchmark:
            f"benchmarks/make_vectors{suffix}/{{model}}.tsv"
        threads: 1
        resources:
            mem_mb=1000,
        message:
            f"Make test vectors of {{wildcards.model}}{suffix}"
        script:
            "../scripts/make_vectors.py"

    rule:
        """Measure the accuracy over the whole test split with the generated C, compiled for the host."""
        name:
            f"evaluate_model{suffix}"
        input:
            tflite=[f"results/models/{{model}}/{scheme}.tflite" for scheme in schemes],
            float32=float32_of,
            data=data_of,
            declaration=declaration_of,
            data_declarations=declarations_of_data,
            sources="results/stamps/native.sha256",
        output:
            [f"results/models/{{model}}/{scheme}.accuracy.json" for scheme in schemes],
        log:
            f"logs/evaluate_model{suffix}/{{model}}.log",
        benchmark:
            f"benchmarks/evaluate_model{suffix}/{{model}}.tsv"
        threads: 1
        resources:
            mem_mb=1000,
        message:
            f"Evaluate {{wildcards.model}}{suffix}"
        script:
            "../scripts/evaluate_model.py"
