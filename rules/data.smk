# Datasets: raw files, and samples split for training and test.


rule fetch_dataset:
    """Bring the raw files of a dataset and check their sha256."""
    input:
        dataset="config/datasets/{dataset}.yaml",
        tree=tree_of,
    output:
        "data/raw/{dataset}/SHA256SUMS",
    localrule: True
    log:
        "logs/fetch_dataset/{dataset}.log",
    benchmark:
        "benchmarks/fetch_dataset/{dataset}.tsv"
    priority: 40
    threads: 1
    resources:
        mem_mb=300,
    message:
        "Fetch {wildcards.dataset}"
    script:
        "../scripts/fetch_dataset.py"


rule prepare_dataset:
    """Split the raw files into training and test samples."""
    input:
        raw=raw_of,
        dataset=declarations_of_data,
        loader=loader_of,
        sources="results/stamps/data.sha256",
    output:
        "data/prepared/{dataset}.npz",
    log:
        "logs/prepare_dataset/{dataset}.log",
    benchmark:
        "benchmarks/prepare_dataset/{dataset}.tsv"
    priority: 30
    threads: 1
    resources:
        mem_mb=1000,
    message:
        "Prepare {wildcards.dataset}"
    script:
        "../scripts/prepare_dataset.py"
