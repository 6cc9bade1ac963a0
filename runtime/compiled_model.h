// A model made ready to run: which layer runs where, the accelerator's Programs, and what the host does between them.
// Saved and reloaded.
//
// A step works on named host buffers: a tensor of the graph under its own name holds logical NCHW; "NAME@LAYOUT" holds
// the same packed for the accelerator. One run takes `batch` samples: an accelerator with `batch` rows per element gets
// as many samples at a time, so that none of its rows idles; the last run of an input is filled up with zeros.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/ops/template.h"
#include "isa/program.h"

namespace tandem::runtime {

enum class Place { kAccelerator, kHost };

/// What was decided for the graph's layer of the same index.
struct PlacedLayer {
  Place place = Place::kHost;
  std::string reason;           // why an accelerator layer went to the host; else empty
  std::string lowering;         // what was done to the layer for this hardware and why; else empty
  ops::KnobValues knobs;        // of its schedule on the accelerator
  int64_t macs = 0;             // of one run
  int64_t roofline_cycles = 0;  // of one run, on the accelerator
};

/// Host work: copies buffer `from` to `to` in another order, as `layout` says.
struct LayoutStep {
  std::string from, to;
  loop::Layout layout;
  bool is_pack = true;  // logical to packed; else packed to logical
};
/// One Program for consecutive layers; its bindings are named as the buffers.
struct AcceleratorStep {
  isa::Program program;
  std::vector<int> layers;  // of each mark
};
/// One layer's definition, compiled for the host's CPU or interpreted.
struct HostStep {
  int layer = -1;
};
using Step = std::variant<LayoutStep, AcceleratorStep, HostStep>;

struct CompiledModel {
  graph::Graph graph;  // for `batch` samples, as this hardware runs it (`graph::lower_layers`)
  int64_t batch = 1;
  std::optional<isa::HwConfig> hardware;  // absent: made for the host alone
  std::vector<PlacedLayer> layers;
  std::vector<Step> steps;
};

/// Schedules by layer name; a layer that is not named gets its default schedule.
using LayerKnobs = std::map<std::string, ops::KnobValues>;

/// Puts every layer that fits on the accelerator, the rest on the host. Consecutive accelerator layers whose layouts
/// agree (block_in equals block_out) form one Program; where they do not, the host re-lays the tensor between two
/// Programs. Every Program has passed the static checker. Errors: knobs for an unknown layer, or infeasible ones.
Result<CompiledModel> compile_for_accelerator(const graph::Graph& graph, const isa::HwConfig& hardware,
                                              const LayerKnobs& knobs = {});

/// Every layer on the host, sample by sample.
CompiledModel compile_for_host(const graph::Graph& graph);

/// "NCHW1n16c": the axes of a packed tensor. A capital is an axis, or the blocks of one; "16c" are 16 neighbours along
/// C within a block. `names` has a letter for each logical axis.
std::string layout_name(const loop::Layout& layout, const std::string& names);

/// A folder: model.json, graph.txt, and program_N.tandem for each Program; model.json is written last. `load_model`
/// refuses folders of another kind or version, and programs that are damaged.
Result<void> save_model(const std::string& folder, const CompiledModel& model);
Result<CompiledModel> load_model(const std::string& folder);

}  // namespace tandem::runtime
