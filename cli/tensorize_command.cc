// `tandem tensorize`: where intrinsics apply in a kernel, with the steps that they need; or why one does not.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/intrinsic_argument.h"
#include "cli/model_options.h"
#include "compiler/graph/passes.h"
#include "compiler/loop/parser.h"
#include "compiler/propose/propose.h"
#include "sim/cpu/cpu_jit.h"
#include "support/file.h"

namespace tandem::cli {
namespace {

struct TensorizeOptions {
  ModelOptions model;  // its `model` is KERNEL
  std::string intrinsic;
  std::string layer;
  std::string target = kAccel;
  bool explain = false;
};

/// A file of loop IR, or the layers' definitions of what `tandem compile` takes, by name.
Result<std::vector<std::pair<std::string, loop::Kernel>>> load_kernels(const TensorizeOptions& options) {
  const std::string& path = options.model.model;
  std::vector<std::pair<std::string, loop::Kernel>> kernels;
  const std::string suffix = ".loop";
  if (path.size() > suffix.size() && path.substr(path.size() - suffix.size()) == suffix) {
    TANDEM_ASSIGN(const std::string text, read_text_file(path));
    TANDEM_ASSIGN(loop::Kernel kernel, loop::parse_kernel(text, path));
    kernels.emplace_back(kernel.name, std::move(kernel));
    return kernels;
  }
  TANDEM_ASSIGN(const Model model, load_model(options.model));
  graph::Graph graph = model.graph;
  if (!options.layer.empty()) {
    TANDEM_ASSIGN(graph, graph::single_layer(model.graph, options.layer));
  }
  for (const graph::Layer& layer : graph.layers) kernels.emplace_back(layer.name, ops::define(layer.op));
  return kernels;
}

std::string place(const SourceLocation& where, const std::string& kernel) {
  if (where.line == 0) return kernel;
  return fmt::format("{}:{}:{}", where.file, where.line, where.column);
}

nlohmann::ordered_json to_json(const std::string& kernel, const propose::Proposal& proposal) {
  return {{"kernel", kernel},
          {"line", proposal.where.line},
          {"statement", proposal.statement},
          {"intrinsic", proposal.intrinsic},
          {"loops", proposal.loops},
          {"steps", nlohmann::ordered_json::parse(schedule::to_json(proposal.steps))}};
}

Result<int> propose_all(const TensorizeOptions& options, const tensorize::IntrinsicSet& set, Format format) {
  TANDEM_ASSIGN(const auto kernels, load_kernels(options));
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  size_t count = 0;
  for (const auto& [name, kernel] : kernels) {
    for (const propose::Proposal& proposal : propose::propose(kernel, set)) {
      ++count;
      if (format == Format::kText) {
        print(fmt::format("{}: {}", place(proposal.where, name), proposal.statement));
        print(fmt::format("  {} ({}): {}", proposal.intrinsic, proposal.loops, propose::to_text(proposal.steps)));
      }
      list.push_back(to_json(name, proposal));
    }
  }
  if (format == Format::kJson) {
    print_json({{"target", options.target}, {"proposals", list}});
  } else if (count == 0) {
    print(fmt::format("no intrinsic of '{}' applies; --explain says why one does not", options.target));
  }
  return kExitOk;
}

Result<int> explain(const TensorizeOptions& options, const ChosenIntrinsics& intrinsics, Format format) {
  TANDEM_ASSIGN(const auto kernels, load_kernels(options));
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  bool found = false;
  for (const auto& [name, kernel] : kernels) {
    for (const tensorize::IntrinsicDeclaration* declaration : intrinsics.chosen) {
      for (const propose::Explanation& part : propose::explain(kernel, *declaration, intrinsics.set)) {
        found = found || part.matches;
        nlohmann::ordered_json json = {{"kernel", name},
                                       {"line", part.where.line},
                                       {"statement", part.statement},
                                       {"intrinsic", declaration->name},
                                       {"matches", part.matches},
                                       {"loop", part.loop}};
        if (!part.matches) json.update({{"condition", part.mismatch.condition}, {"fix", part.mismatch.fix}});
        json["proposals"] = nlohmann::ordered_json::array();
        for (const propose::Proposal& proposal : part.proposals) json["proposals"].push_back(to_json(name, proposal));
        list.push_back(std::move(json));
        if (format == Format::kJson) continue;
        print(fmt::format("{}: {}", place(part.where, name), part.statement));
        if (part.matches) {
          print(fmt::format("  is '{}' at loop '{}'", declaration->name, part.loop));
          continue;
        }
        print(fmt::format("  is no '{}': {}", declaration->name, part.mismatch.condition));
        if (!part.mismatch.fix.empty()) print(fmt::format("  hint: {}", part.mismatch.fix));
        for (const propose::Proposal& proposal : part.proposals)
          print(fmt::format("  becomes one ({}) by {}", proposal.loops, propose::to_text(proposal.steps)));
      }
    }
  }
  if (format == Format::kJson) print_json({{"target", options.target}, {"statements", list}});
  return found ? kExitOk : kExitWrong;
}

Result<int> run(const TensorizeOptions& options, Format format) {
  if (options.explain == options.intrinsic.empty()) {
    return Diagnostic{{},
                      "--explain takes a kernel and an intrinsic; without it, tensorize takes a kernel",
                      {},
                      "tandem tensorize KERNEL, or tandem tensorize --explain KERNEL INTRINSIC"};
  }
  isa::HwConfig hardware;
  if (!options.model.hw.empty()) {
    TANDEM_ASSIGN(hardware, isa::load_hw(options.model.hw));
  }
  std::set<std::string> features;
  if (options.target == kCpu) {
    TANDEM_ASSIGN(const std::unique_ptr<sim::CpuJit> jit, sim::CpuJit::create());
    features = jit->features();
  }
  TANDEM_ASSIGN(const ChosenIntrinsics intrinsics,
                load_intrinsics(options.target, options.intrinsic, hardware, features));
  return options.explain ? explain(options, intrinsics, format) : propose_all(options, intrinsics.set, format);
}

}  // namespace

void add_tensorize(Cli& cli) {
  auto options = std::make_shared<TensorizeOptions>();
  CLI::App& command =
      cli.command("tensorize", "Propose where intrinsics apply in a kernel, or explain why one does not",
                  [options](Format format) { return run(*options, format); });
  command
      .add_option("kernel", options->model.model,
                  "A kernel in the loop IR's text (.loop), or a model as 'tandem compile' takes it")
      ->required();
  command.add_option("intrinsic", options->intrinsic,
                     "With --explain: an intrinsic's name, or the file of a declaration (.yaml)");
  command.add_flag("--explain", options->explain, "Say what matched, or which condition failed and what mends it");
  command.add_option("--layer", options->layer, "This layer of the model alone");
  command.add_option("--hw", options->model.hw, "The hardware's YAML; without it, VTA's default design");
  add_choice(command, "--target", options->target, {kAccel, kCpu}, "Whose intrinsics");
}

}  // namespace tandem::cli
