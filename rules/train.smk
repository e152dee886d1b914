rule train_model:
    """Train a model from its YAML; the same YAML and data give the same weights."""
    input:
        data=data_of,
        model=declaration_of,
        builder=builder_of,
        loop="scripts/lib/training.py",
    output:
        model="results/models/{model}/model.keras",
        curves="results/models/{model}/curves.csv",
    log:
        "logs/train_model/{model}.log",
    benchmark:
        "benchmarks/train_model/{model}.tsv"
    threads: training_threads
    resources:
        mem_mb=2000,
    message:
        "Train {wildcards.model}"
    script:
        "../scripts/train_model.py"
