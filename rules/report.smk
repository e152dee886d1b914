# From measurements to table, figures, page, advice and paper.


rule collect_results:
    """Put every cell of the matrix into one table."""
    input:
        measurements=["results/cells/{}/{}/{}/measurement.json".format(*cell) for cell in CONFIG.cells],
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
        csv=report("results/table.csv", caption="../scripts/report/table.rst", category="Tables", labels={"table": "cells"}),
        json="results/table.json",
        metrics="results/metrics.json",
    localrule: True
    log:
        "logs/collect_results.log",
    benchmark:
        "benchmarks/collect_results.tsv"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Collect the table"
    script:
        "../scripts/collect_results.py"


rule write_advice:
    """Say what to take, what limits it and what would fit, from the cells."""
    input:
        table="results/table.csv",
        budget="results/stamps/accuracy_budget_points.json",
        sources="results/stamps/report.sha256",
    output:
        "results/advice.md",
    localrule: True
    log:
        "logs/write_advice.log",
    benchmark:
        "benchmarks/write_advice.tsv"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Write the advice"
    script:
        "../scripts/write_advice.py"


rule plot_figures:
    """Draw all figures; the data of each lie beside it."""
    input:
        table="results/table.csv",
        sources="results/stamps/report.sha256",
    output:
        [
            report(
                f"results/figures/{name}.svg",
                caption=f"../scripts/report/figures/{name}.rst",
                category="Figures",
                labels={"figure": name.replace("_", " ")},
            )
            for name in FIGURES
        ],
        [f"results/figures/{name}.csv" for name in FIGURES],
    localrule: True
    log:
        "logs/plot_figures.log",
    benchmark:
        "benchmarks/plot_figures.tsv"
    threads: 2
    resources:
        mem_mb=500,
    message:
        "Plot the figures"
    script:
        "../scripts/plot_figures.py"


rule build_report:
    """Put all results on one page."""
    input:
        table="results/table.csv",
        budget="results/stamps/accuracy_budget_points.json",
        sources="results/stamps/report.sha256",
    output:
        "results/report/index.html",
    localrule: True
    log:
        "logs/build_report.log",
    benchmark:
        "benchmarks/build_report.tsv"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Write the page"
    script:
        "../scripts/build_report.py"


rule write_manifest:
    """Record inputs, artifacts, versions, machine, git state, and the time and memory of every step."""
    input:
        "results/table.csv",
        "results/report/index.html",
        [f"results/figures/{name}.svg" for name in FIGURES],
    output:
        "results/manifest.json",
        "results/host_cost.csv",
        "results/host_cost.md",
    localrule: True
    log:
        "logs/write_manifest.log",
    threads: 1
    resources:
        mem_mb=300,
    message:
        "Write the manifest"
    script:
        "../scripts/write_manifest.py"


rule collect_paper:
    """Collect figures and tables for a paper, with the hashes of all."""
    input:
        table="results/table.csv",
        manifest="results/manifest.json",
        sources="results/stamps/report.sha256",
    output:
        tables=[
            report(
                f"results/paper/tables/{name}.csv",
                caption="../scripts/report/table.rst",
                category="Tables",
                labels={"table": name},
            )
            for name in ("latency", "memory", "power")
        ],
        manifest="results/paper/manifest.json",
    localrule: True
    log:
        "logs/collect_paper.log",
    benchmark:
        "benchmarks/collect_paper.tsv"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Collect the paper's figures and tables"
    script:
        "../scripts/collect_paper.py"
