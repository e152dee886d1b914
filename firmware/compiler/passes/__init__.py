"""Rewrites of the graph, each small and exact, in the order in which they run.

ADD is not fused into the convolution before it. A convolution writes over its own input but for the distance of its
window, and ADD over either of its operands, so that the sum already needs no buffer of its own: fusing would save that
distance, a few rows, and one pass over the elements, and every convolution kernel would need an addend and a second
requantization, since the reference rounds in between.
"""

from firmware.compiler.passes.fold_constants import fold_constants
from firmware.compiler.passes.fuse_activations import fuse_activations
from firmware.compiler.passes.fuse_pads import fuse_pads
from firmware.compiler.passes.keep_half_weights import keep_half_weights
from firmware.compiler.passes.remove_identities import remove_identities
from firmware.compiler.passes.remove_views import remove_views
from firmware.compiler.passes.resolve_variables import resolve_variables

PASSES = (
    keep_half_weights,
    fold_constants,
    fuse_activations,
    fuse_pads,
    remove_identities,
    remove_views,
    resolve_variables,
)
