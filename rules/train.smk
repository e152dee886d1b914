# Training of models, from prepared data to Keras files and curves.


rule train_model:
    """Train a model from its YAML; the same YAML and data give the same weights."""
    input:
        data=data_of,
        model=declaration_of,
        builder=builder_of,
        variant=variant_of,
        teacher=teacher_of,
        loop="scripts/lib/training.py",
    output:
        model="results/models/{model}/model.keras",
        curves="results/models/{model}/curves.csv",
    log:
        "logs/train_model/{model}.log",
    benchmark:
        "benchmarks/train_model/{model}.tsv"
    priority: 20
    threads: training_threads
    resources:
        mem_mb=3000,
    message:
        "Train {wildcards.model}"
    script:
        "../scripts/train_model.py"


rule summarise_repeats:
    """Say what repeated trainings differ by, and what variants change."""
    input:
        [
            f"results/models/{model}/{scheme}.{kind}"
            for model in REPEATS
            for scheme in CONFIG.matrix.schemes
            for kind in ("accuracy.json", "tflite")
        ],
        matrix="results/stamps/matrix.json",
        sources="results/stamps/records.sha256",
    output:
        csv=report("results/repeats.csv", caption="../scripts/report/repeats.rst", category="Tables", labels={"table": "repeats"}),
        markdown="results/repeats.md",
    log:
        "logs/summarise_repeats.log",
    benchmark:
        "benchmarks/summarise_repeats.tsv"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Summarise repeated trainings and variants"
    script:
        "../scripts/summarise_repeats.py"
