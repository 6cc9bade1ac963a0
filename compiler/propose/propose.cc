// Loops of the pattern are mapped to loops of the statement by the operands that they index; layout, order and place
// then follow, each as a step of a schedule that its primitive accepts or refuses.
#include "compiler/propose/propose.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "compiler/propose/correspondence.h"

namespace tandem::propose {
namespace {

using loop::Expr;
using loop::Stmt;
using loop::VarRef;
using schedule::Schedule;
using schedule::Step;

const VarRef* as_var(const Expr& expr) {
  const auto* node = std::get_if<loop::VarUse>(&expr->node);
  return node ? &node->var : nullptr;
}

bool mentions(const Expr& expr, const VarRef& var) {
  return !equal(loop::substitute(expr, {{var, loop::integer(0)}}), expr);
}

/// A store with the loops around it, outermost first; statements inside of intrinsics are not.
struct Place {
  Stmt stmt;
  std::vector<Stmt> loops;
};

void collect(const Stmt& stmt, std::vector<Stmt>& loops, std::vector<Place>& places) {
  if (const auto* node = std::get_if<loop::For>(&stmt->node)) {
    loops.push_back(stmt);
    collect(node->body, loops, places);
    loops.pop_back();
  } else if (const auto* scoped = std::get_if<loop::Alloc>(&stmt->node)) {
    collect(scoped->body, loops, places);
  } else if (const auto* guarded = std::get_if<loop::If>(&stmt->node)) {
    collect(guarded->body, loops, places);
  } else if (const auto* list = std::get_if<loop::Block>(&stmt->node)) {
    for (const Stmt& part : list->statements) collect(part, loops, places);
  } else if (std::holds_alternative<loop::Store>(stmt->node)) {
    places.push_back({stmt, loops});
  }
}

std::vector<Place> places_of(const loop::Kernel& kernel) {
  std::vector<Place> places;
  std::vector<Stmt> loops;
  if (kernel.body) collect(kernel.body, loops, places);
  return places;
}

std::string text_of(const Place& place) {
  std::string text = to_text(place.stmt);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

const loop::For& as_for(const Stmt& stmt) { return std::get<loop::For>(stmt->node); }

/// A loop of the pattern and the one in its place.
struct Image {
  const loop::For* pattern;
  const loop::For* loop;
};

std::vector<const loop::For*> pattern_loops(const loop::Kernel& pattern) {
  std::vector<const loop::For*> loops;
  Stmt stmt = pattern.body;
  while (const auto* node = std::get_if<loop::For>(&stmt->node)) {
    if (node->extent > 1) loops.push_back(node);
    stmt = node->body;
  }
  return loops;
}

/// Whether `loop` can stand for `pattern`: in every pair it is the one index of an axis where the pattern's is, and
/// nowhere else.
bool can_stand_for(const Correspondence& pairs, const loop::For& pattern, const loop::For& loop) {
  for (const Pair& pair : pairs) {
    const auto uses = [](const std::vector<Expr>& indices, const VarRef& var) {
      return std::any_of(indices.begin(), indices.end(), [&](const Expr& index) { return mentions(index, var); });
    };
    const auto alone = std::count_if(pair.indices.begin(), pair.indices.end(), [&](const Expr& index) {
      const VarRef* var = as_var(index);
      return var && *var == loop.var;
    });
    if (!uses(pair.pattern_indices, pattern.var)) {
      if (uses(pair.indices, loop.var)) return false;
      continue;
    }
    const auto all = std::count_if(pair.indices.begin(), pair.indices.end(),
                                   [&](const Expr& index) { return mentions(index, loop.var); });
    if (alone != 1 || all != 1) return false;
  }
  return true;
}

/// Loops of one extent that run over the same axes, from `loop` on: those that `pad` wants named together.
std::vector<std::string> over_the_same_axes(const loop::Kernel& kernel, const loop::For& loop) {
  struct Use {
    const loop::Buffer* buffer;
    size_t axis;
    VarRef var;
  };
  class Uses : public loop::Rewriter {
   public:
    std::vector<Use> found;

   protected:
    Expr on_expr(const Expr& expr) override {
      if (const auto* node = std::get_if<loop::Load>(&expr->node)) add(*node->buffer, node->indices);
      return expr;
    }
    Stmt on_stmt(const Stmt& stmt) override {
      if (const auto* node = std::get_if<loop::Store>(&stmt->node)) add(*node->buffer, node->indices);
      return stmt;
    }

   private:
    void add(const loop::Buffer& buffer, const std::vector<Expr>& indices) {
      for (size_t axis = 0; axis < indices.size(); ++axis) {
        if (const VarRef* var = as_var(indices[axis])) found.push_back({&buffer, axis, *var});
      }
    }
  } uses;
  uses.rewrite(kernel.body);
  std::set<VarRef> vars = {loop.var};
  std::set<std::pair<const loop::Buffer*, size_t>> axes;
  for (size_t before = 0; before != vars.size() + axes.size();) {
    before = vars.size() + axes.size();
    for (const Use& use : uses.found) {
      if (vars.count(use.var)) axes.insert({use.buffer, use.axis});
      if (axes.count({use.buffer, use.axis})) vars.insert(use.var);
    }
  }
  std::vector<std::string> names;
  for (const Place& place : places_of(kernel)) {
    for (const Stmt& around : place.loops) {
      const std::string& name = as_for(around).var->name;
      if (vars.count(as_for(around).var) && std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    }
  }
  return names;
}

/// Tries the steps of one mapping on a schedule of the kernel.
class Attempt {
 public:
  Attempt(const Schedule& from, const tensorize::IntrinsicDeclaration& declaration,
          const tensorize::IntrinsicSet& intrinsics)
      : schedule_(from), declaration_(declaration), intrinsics_(intrinsics) {}

  Result<Proposal> run(const Place& place, const Correspondence& pairs, const std::vector<Image>& images) {
    std::vector<std::string> outer, inner;
    for (const Stmt& around : place.loops) {
      const loop::For& node = as_for(around);
      const auto image =
          std::find_if(images.begin(), images.end(), [&](const Image& i) { return i.loop->var == node.var; });
      if (image == images.end()) {
        outer.push_back(node.var->name);
        continue;
      }
      TANDEM_TRY(make_extent(*image, outer));
    }
    for (const Image& image : images) inner.push_back(inner_names_.at(image.pattern->var));
    TANDEM_TRY(pack_operands(pairs, images));
    if (outer.size() + inner.size() > 1) {
      std::vector<std::string> order = outer;
      order.insert(order.end(), inner.begin(), inner.end());
      if (order != current_order(inner.front())) TANDEM_TRY(step({"reorder", {{"loops", order}}}));
    }
    TANDEM_TRY(stage_operands(pairs, outer.empty() ? "" : outer.back()));
    TANDEM_TRY(step({"tensorize", {{"loop", inner.front()}, {"intrinsic", declaration_.name}}}));
    Proposal proposal;
    proposal.intrinsic = declaration_.name;
    proposal.where = place.stmt->where;
    proposal.statement = text_of(place);
    for (const Image& image : images) {
      proposal.loops +=
          fmt::format("{}{} = {}", proposal.loops.empty() ? "" : ", ", image.pattern->var->name, image.loop->var->name);
    }
    proposal.steps = schedule_.trace;
    proposal.result = schedule_.kernel;
    return proposal;
  }

 private:
  Result<void> step(const Step& wanted) { return schedule::apply(schedule_, wanted, intrinsics_); }

  /// A loop of the pattern's extent; what is left around it goes to `outer`.
  Result<void> make_extent(const Image& image, std::vector<std::string>& outer) {
    const std::string name = image.loop->var->name;
    const int64_t wanted = image.pattern->extent;
    int64_t extent = image.loop->extent;
    if (extent % wanted != 0) {
      const std::vector<std::string> loops = over_the_same_axes(schedule_.kernel, *image.loop);
      TANDEM_TRY(step({"pad", {{"loops", loops}, {"multiple", wanted}}}));
      extent = (extent + wanted - 1) / wanted * wanted;
    }
    if (extent == wanted) {
      inner_names_[image.pattern->var] = name;
      return {};
    }
    TANDEM_TRY(
        step({"split", {{"loop", name}, {"factor", wanted}, {"outer", std::string()}, {"inner", std::string()}}}));
    const auto& arguments = schedule_.trace.back().arguments;
    const auto name_of = [&](const std::string& key, const std::string& otherwise) {
      for (const auto& [argument, value] : arguments) {
        const auto* text = std::get_if<std::string>(&value);
        if (argument == key && text && !text->empty()) return *text;
      }
      return otherwise;
    };
    outer.push_back(name_of("outer", name + "_outer"));
    inner_names_[image.pattern->var] = name_of("inner", name + "_inner");
    return {};
  }

  /// The loops around and including `name`, outermost first, as they stand.
  std::vector<std::string> current_order(const std::string& name) const {
    for (const Place& place : places_of(schedule_.kernel)) {
      std::vector<std::string> names;
      for (const Stmt& around : place.loops) names.push_back(as_for(around).var->name);
      if (std::find(names.begin(), names.end(), name) != names.end()) return names;
    }
    return {};
  }

  /// The axes of an operand become the last ones of its buffer, in the pattern's order.
  Result<void> pack_operands(const Correspondence& pairs, const std::vector<Image>& images) {
    std::set<std::string> packed;
    for (const Pair& pair : pairs) {
      if (!packed.insert(pair.buffer->name).second) continue;
      std::vector<std::pair<int64_t, int64_t>> axes;  // of the buffer, and the extent wanted
      const Shape& shape = pair.pattern->shape;
      size_t axis = 0;
      while (axis < shape.size() && shape[axis] == 1) ++axis;
      for (; axis < shape.size(); ++axis) {
        const VarRef* var = as_var(pair.pattern_indices[axis]);
        const auto image =
            std::find_if(images.begin(), images.end(), [&](const Image& i) { return var && i.pattern->var == *var; });
        if (image == images.end())
          return Diagnostic{{}, fmt::format("axis {} of '{}' has no loop", axis, pair.pattern->name), {}, ""};
        for (size_t own = 0; own < pair.indices.size(); ++own) {
          const VarRef* index = as_var(pair.indices[own]);
          if (index && *index == image->loop->var) axes.emplace_back(static_cast<int64_t>(own), shape[axis]);
        }
      }
      if (in_place(*pair.buffer, axes)) continue;
      for (const auto& [own, factor] : axes) {
        TANDEM_TRY(step({"pack", {{"buffer", pair.buffer->name}, {"axis", own}, {"factor", factor}}}));
      }
    }
    return {};
  }

  static bool in_place(const loop::Buffer& buffer, const std::vector<std::pair<int64_t, int64_t>>& axes) {
    const auto rank = static_cast<int64_t>(buffer.shape.size()), count = static_cast<int64_t>(axes.size());
    for (int64_t i = 0; i < count; ++i) {
      const auto& [own, extent] = axes[static_cast<size_t>(i)];
      if (own != rank - count + i || (i > 0 && buffer.shape[static_cast<size_t>(own)] != extent)) return false;
    }
    return true;
  }

  Result<void> stage_operands(const Correspondence& pairs, const std::string& loop) {
    std::set<std::string> staged;
    const std::string target = pairs.front().buffer->name;
    for (const Pair& pair : pairs) {
      if (pair.pattern->scope == "any" || !staged.insert(pair.buffer->name).second) continue;
      if (pair.buffer->scope == pair.pattern->scope && !pair.converted) continue;
      const auto& params = schedule_.kernel.params;
      const auto param = std::find_if(params.begin(), params.end(), [&](const loop::Param& candidate) {
        return candidate.buffer->name == pair.buffer->name;
      });
      if (pair.buffer->name != target) {
        const std::string type = pair.converted ? loop::name(*pair.converted) : "";
        TANDEM_TRY(
            step({"stage",
                  {{"buffer", pair.buffer->name}, {"scope", pair.pattern->scope}, {"loop", loop}, {"type", type}}}));
      } else if (param == params.end()) {
        TANDEM_TRY(step({"set_scope", {{"buffer", target}, {"scope", pair.pattern->scope}}}));
      } else {
        TANDEM_TRY(step({"stage_write", {{"buffer", target}, {"scope", pair.pattern->scope}}}));
      }
    }
    return {};
  }

  Schedule schedule_;
  const tensorize::IntrinsicDeclaration& declaration_;
  const tensorize::IntrinsicSet& intrinsics_;
  std::map<VarRef, std::string> inner_names_;
};

/// Calls `visit` with every choice of different loops of the statement for the pattern's.
void mappings(const Place& place, const Correspondence& pairs, const std::vector<const loop::For*>& wanted,
              std::vector<Image>& images, const std::function<void()>& visit) {
  if (images.size() == wanted.size()) return visit();
  const loop::For& pattern = *wanted[images.size()];
  for (const Stmt& around : place.loops) {
    const loop::For& loop = as_for(around);
    const bool taken =
        std::any_of(images.begin(), images.end(), [&](const Image& image) { return image.loop == &loop; });
    if (taken || !can_stand_for(pairs, pattern, loop)) continue;
    images.push_back({&pattern, &loop});
    mappings(place, pairs, wanted, images, visit);
    images.pop_back();
  }
}

/// The kernel with each statement in loops of its own, as far as `fission` allows; without steps where nothing is
/// split.
Schedule split_statements(const loop::Kernel& kernel, const tensorize::IntrinsicSet& intrinsics) {
  Schedule schedule(kernel);
  std::set<std::string> refused;
  for (bool changed = true; changed;) {
    changed = false;
    for (const Place& place : places_of(schedule.kernel)) {
      for (size_t i = place.loops.size(); i-- > 0 && !changed;) {
        const loop::For& node = as_for(place.loops[i]);
        const auto* list = std::get_if<loop::Block>(&node.body->node);
        if (list == nullptr || list->statements.size() < 2 || refused.count(node.var->name)) continue;
        changed = schedule::apply(schedule, {"fission", {{"loop", node.var->name}}}, intrinsics).ok();
        if (!changed) refused.insert(node.var->name);
      }
      if (changed) break;
    }
  }
  return schedule;
}

std::vector<Proposal> proposals_at(const Schedule& from, const Place& place,
                                   const tensorize::IntrinsicDeclaration& declaration,
                                   const tensorize::IntrinsicSet& intrinsics) {
  std::vector<Proposal> found;
  if (!declaration.lacks.empty()) return found;
  const std::vector<const loop::For*> wanted = pattern_loops(declaration.pattern);
  for (const Correspondence& pairs : correspondences(declaration, std::get<loop::Store>(place.stmt->node))) {
    std::vector<Image> images;
    mappings(place, pairs, wanted, images, [&] {
      if (images.empty()) return;
      Result<Proposal> proposal = Attempt(from, declaration, intrinsics).run(place, pairs, images);
      if (!proposal.ok()) return;
      for (Proposal& other : found) {
        if (other.loops != proposal->loops) continue;
        if (proposal->steps.size() < other.steps.size()) other = *proposal;
        return;
      }
      found.push_back(std::move(proposal).value());
    });
  }
  return found;
}

}  // namespace

std::vector<Proposal> propose(const loop::Kernel& kernel, const tensorize::IntrinsicSet& intrinsics) {
  std::vector<Proposal> all;
  std::set<std::string> seen;  // statements that have proposals in the kernel as it is
  std::vector<Schedule> starts = {Schedule(kernel), split_statements(kernel, intrinsics)};
  if (starts[1].trace.empty()) starts.pop_back();
  for (const Schedule& from : starts) {
    for (const Place& place : places_of(from.kernel)) {
      if (!from.trace.empty() && seen.count(text_of(place))) continue;
      for (const tensorize::IntrinsicDeclaration& declaration : intrinsics.all()) {
        for (Proposal& proposal : proposals_at(from, place, declaration, intrinsics)) {
          if (from.trace.empty()) seen.insert(text_of(place));
          all.push_back(std::move(proposal));
        }
      }
    }
  }
  return all;
}

std::string to_text(const schedule::Trace& steps) {
  std::string text;
  for (const Step& step : steps) {
    std::string arguments;
    for (const auto& [key, value] : step.arguments) {
      std::string word;
      if (const auto* number = std::get_if<int64_t>(&value)) word = std::to_string(*number);
      if (const auto* name = std::get_if<std::string>(&value)) word = *name;
      if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
        for (const std::string& item : *list) word += (word.empty() ? "" : ", ") + item;
        word = "[" + word + "]";
      }
      if (!word.empty()) arguments += (arguments.empty() ? "" : ", ") + word;
    }
    text += fmt::format("{}{}({})", text.empty() ? "" : ", ", step.primitive, arguments);
  }
  return text;
}

std::vector<Explanation> explain(const loop::Kernel& kernel, const tensorize::IntrinsicDeclaration& declaration,
                                 const tensorize::IntrinsicSet& intrinsics) {
  const Schedule from(kernel);
  const Schedule split = split_statements(kernel, intrinsics);
  const std::vector<Place> alone = places_of(split.kernel);  // the same statements in the same order
  const size_t wanted = pattern_loops(declaration.pattern).size();
  std::vector<Explanation> all;
  for (const Place& place : places_of(from.kernel)) {
    Explanation explanation;
    explanation.where = place.stmt->where;
    explanation.statement = text_of(place);
    // From the outermost loop on, so that a pattern of several statements is seen whole; what is told of is the nest
    // of as many loops as the pattern has.
    size_t inside = 0;
    for (size_t i = place.loops.size(); i-- > 0 && inside < wanted;) {
      explanation.loop = as_for(place.loops[i]).var->name;
      if (as_for(place.loops[i]).extent > 1) ++inside;
    }
    for (const Stmt& root : place.loops) {
      tensorize::Mismatch why;
      const bool matches = tensorize::match(declaration, root, &why).ok();
      if (matches || as_for(root).var->name == explanation.loop) explanation.mismatch = why;
      if (!matches) continue;
      explanation.matches = true;
      explanation.loop = as_for(root).var->name;
      break;
    }
    if (place.loops.empty())
      explanation.matches = tensorize::match(declaration, place.stmt, &explanation.mismatch).ok();
    if (!explanation.matches) {
      explanation.proposals = proposals_at(from, place, declaration, intrinsics);
      if (explanation.proposals.empty() && !split.trace.empty() && all.size() < alone.size())
        explanation.proposals = proposals_at(split, alone[all.size()], declaration, intrinsics);
    }
    all.push_back(std::move(explanation));
  }
  return all;
}

}  // namespace tandem::propose
