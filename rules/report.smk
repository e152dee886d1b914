rule collect_results:
    """Put every cell of the matrix into one table."""
    input:
        measurements=expand(
            "results/cells/{model}/{scheme}/{board}/measurement.json",
            model=CONFIG.matrix.models,
            scheme=CONFIG.matrix.schemes,
            board=CONFIG.matrix.boards,
        ),
        accuracies=[
            f"results/models/{model}/{scheme}.accuracy.json"
            for model, scheme in dict.fromkeys(
                [cell[:2] for cell in CONFIG.cells] + [(i.model, i.scheme) for i in CONFIG.images.values()]
            )
        ],
        images=expand("results/images/{image}/measurement.json", image=CONFIG.matrix.images),
        matrix="results/stamps/matrix.json",
        duty_cycle="results/stamps/duty_cycle.json",
        sources="results/stamps/report.sha256",
    output:
        "results/table.csv",
    log:
        "logs/collect_results.log",
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Collect the table"
    script:
        "../scripts/collect_results.py"


rule plot_accuracy_latency:
    """Plot accuracy versus latency."""
    input:
        table="results/table.csv",
        sources="results/stamps/report.sha256",
    output:
        "results/figures/accuracy_latency.svg",
    log:
        "logs/plot_accuracy_latency.log",
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Plot accuracy versus latency"
    script:
        "../scripts/plot_accuracy_latency.py"


rule plot_memory:
    """Plot memory versus capacity."""
    input:
        table="results/table.csv",
        sources="results/stamps/report.sha256",
    output:
        "results/figures/memory.svg",
    log:
        "logs/plot_memory.log",
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Plot memory versus capacity"
    script:
        "../scripts/plot_memory.py"


rule build_report:
    """Put the table and the figures on one page."""
    input:
        table="results/table.csv",
        figures=["results/figures/accuracy_latency.svg", "results/figures/memory.svg"],
        sources="results/stamps/report.sha256",
    output:
        "results/report/index.html",
    log:
        "logs/build_report.log",
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Write the page"
    script:
        "../scripts/build_report.py"
