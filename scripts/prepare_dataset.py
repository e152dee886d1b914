"""Turns the raw files of a dataset into data/prepared/<dataset>.npz with the dataset's own loader.

Refuses raw files that are no longer as they were fetched, and arrays that are not of the agreed form.
"""

from pathlib import Path

from scripts.fetch_dataset import check_file, read_sums
from scripts.lib.declared import Dataset, load_dataset, plugin
from scripts.lib.job import logged
from scripts.lib.prepared import save_prepared


def prepare_dataset(dataset: Dataset, sums: Path, prepared: Path) -> None:
    """Check the files listed in `sums`, load and split them, and write `prepared`."""
    for name, sha256 in read_sums(sums).items():
        check_file(sums.parent / name, sha256)
    data = plugin("datasets", dataset.loader).load(sums.parent, dataset.parameters)
    save_prepared(data, prepared)
    for split in ("train", "test"):
        print(f"{split}: {getattr(data, f'x_{split}').shape} samples of {len(data.class_names)} classes")


if job := globals().get("snakemake"):
    with logged(job):
        prepare_dataset(load_dataset(job.wildcards.dataset), Path(job.input.raw), Path(job.output[0]))
