// Graph passes: each takes a sound graph and gives one with the same outputs.
#pragma once

#include "compiler/graph/graph.h"
#include "isa/hw_config.h"

namespace tandem::graph {

/// A Clip that alone reads a Conv2d or an Add becomes the bounds of that layer's requantisation; a Clip after a Clip,
/// one Clip.
Graph fuse_clips(const Graph& graph);

/// Drops layers and tensors that no output depends on.
Graph remove_unused(const Graph& graph);

/// The graph for `batch` samples at once: N of every tensor and operator. Ports too.
Graph with_batch(const Graph& graph, int64_t batch);

/// What the accelerator runs in place of a graph's layers (`ops::lower`), and what the host does before them.
struct LoweredGraph {
  Graph graph;  // a layer keeps its name; the host's part of it is called NAME.im2col
  /// For each layer: what was done to it and why, else empty; and multiply-accumulates of the layer that it stands for.
  std::vector<std::string> reasons;
  std::vector<int64_t> macs;
};
LoweredGraph lower_layers(const Graph& graph, const isa::HwConfig& hardware);

/// The graph of one layer alone, between its own inputs and output; "unknown layer" where there is none of that name.
Result<Graph> single_layer(const Graph& graph, const std::string& name);

}  // namespace tandem::graph
