# From a trained model to its quantization schemes, with test vectors and accuracy of each.


rule convert_model:
    """Convert a trained model to every quantization scheme."""
    input:
        model=weights_of,
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


rule make_vectors:
    """Run test samples through the scheme's oracle; boards must give the same outputs."""
    input:
        tflite="results/models/{model}/{scheme}.tflite",
        data=data_of,
        sources=[f"scripts/lib/{name}.py" for name in ("schemes", "quantization", "oracle", "vectors")],
    output:
        "results/models/{model}/{scheme}.vectors.npz",
    log:
        "logs/make_vectors/{model}/{scheme}.log",
    benchmark:
        "benchmarks/make_vectors/{model}/{scheme}.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    message:
        "Make test vectors of {wildcards.model}/{wildcards.scheme}"
    script:
        "../scripts/make_vectors.py"


rule evaluate_model:
    """Measure the accuracy over the whole test split with the generated C, compiled for the host."""
    input:
        tflite="results/models/{model}/{scheme}.tflite",
        float32=float32_of,
        data=data_of,
        declaration=declaration_of,
        data_declarations=declarations_of_data,
        vectors="results/models/{model}/{scheme}.vectors.npz",
        sources="results/stamps/native.sha256",
    output:
        "results/models/{model}/{scheme}.accuracy.json",
    log:
        "logs/evaluate_model/{model}/{scheme}.log",
    benchmark:
        "benchmarks/evaluate_model/{model}/{scheme}.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    message:
        "Evaluate {wildcards.model}/{wildcards.scheme}"
    script:
        "../scripts/evaluate_model.py"
