# From raw data to a table: config/config.yaml names the matrix, the rules say how each file is made.

configfile: "config/config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/convert.smk"
include: "rules/firmware.smk"
include: "rules/measure.smk"
include: "rules/report.smk"


rule all:
    """The table, the figures, the page and the manifest."""
    default_target: True
    input:
        "results/table.csv",
        "results/advice.md",
        [f"results/figures/{name}.svg" for name in FIGURES],
        "results/report/index.html",
        "results/manifest.json",
        ["results/repeats.md"] if REPEATS else [],


onsuccess:
    if is_new("results/table.csv"):
        shell("python -m scripts.show_table")
