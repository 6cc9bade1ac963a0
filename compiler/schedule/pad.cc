#include "compiler/schedule/pad.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::schedule {
namespace {

const loop::VarUse* as_var(const Expr& expr) { return std::get_if<loop::VarUse>(&expr->node); }

/// Whether the sum `t[...] = t[...] + product` has a factor that is zero wherever var >= extent: an input whose axis of
/// that extent is indexed by var, so that the host pads it with zeros.
bool has_zero_factor(const loop::Kernel& kernel, const Expr& expr, const VarRef& var, int64_t extent) {
  if (const auto* node = std::get_if<loop::Cast>(&expr->node)) return has_zero_factor(kernel, node->value, var, extent);
  if (const auto* node = std::get_if<loop::Binary>(&expr->node)) {
    const bool a = has_zero_factor(kernel, node->a, var, extent), b = has_zero_factor(kernel, node->b, var, extent);
    if (node->op == loop::BinaryOp::kMul) return a || b;
    return (node->op == loop::BinaryOp::kAdd || node->op == loop::BinaryOp::kSub) && a && b;
  }
  const auto* load = std::get_if<loop::Load>(&expr->node);
  if (!load) return false;
  const int position = find_param(kernel, load->buffer->name);
  if (position < 0 || kernel.params[static_cast<size_t>(position)].is_output) return false;
  for (const Access& access : accesses_of(kernel.body)) {
    if (access.buffer == load->buffer && access.is_store) return false;
  }
  for (size_t axis = 0; axis < load->indices.size(); ++axis) {
    const auto* index = as_var(load->indices[axis]);
    if (!index || index->var != var || load->buffer->shape[axis] != extent) continue;
    const std::vector<loop::PackedAxis>& axes = kernel.params[static_cast<size_t>(position)].layout.axes;
    if (axes.empty() || axes[axis].source_axis >= 0) return true;  // not an axis of copies
  }
  return false;
}

class Padding {
 public:
  Padding(Schedule& schedule, std::string primitive, std::vector<VarRef> vars, int64_t extent, int64_t padded)
      : schedule_(schedule),
        primitive_(std::move(primitive)),
        vars_(std::move(vars)),
        extent_(extent),
        padded_(padded) {}

  Result<void> add(const Path& path) {
    const loop::For& node = *as_for(path.back());
    for (const Access& access : accesses_of(path.back())) {
      if (in_intrinsic(access)) {
        return refuse(primitive_, path.back(), fmt::format("'{}' is around an intrinsic", node.var->name), {},
                      "pad before tensorize");
      }
      if (divides(access)) {
        return refuse(primitive_, access.path.back(), "a pad is 0, and may be what this divides by");
      }
      if (access.is_store) TANDEM_TRY(check_store(path.back(), access, node.var));
      TANDEM_TRY(grow(path, access, node.var));
    }
    return {};
  }
  void finish(Step step) {
    std::map<BufferRef, BufferRef> changed;
    for (const auto& [buffer, shape] : shapes_) {
      if (shape == buffer->shape) continue;
      changed[buffer] = std::make_shared<const loop::Buffer>(
          loop::Buffer{buffer->name, buffer->type, shape, buffer->scope, buffer->copies});
      const int position = find_param(schedule_.kernel, buffer->name);
      if (position < 0) continue;
      loop::Param& param = schedule_.kernel.params[static_cast<size_t>(position)];
      if (param.layout.axes.empty()) {
        for (size_t axis = 0; axis < shape.size(); ++axis)
          param.layout.axes.push_back({static_cast<int>(axis), 1, shape[axis]});
      }
      for (size_t axis = 0; axis < shape.size(); ++axis) param.layout.axes[axis].extent = shape[axis];
      param.buffer = changed[buffer];
    }
    Stmt body = schedule_.kernel.body;
    for (const auto& [buffer, larger] : changed) {
      body = redirect(body, buffer, [&, to = larger](const loop::Operand& element) {
        return loop::Operand{to, element.indices};
      });
    }
    commit(schedule_, Extension(changed, vars_, padded_).rewrite(body), std::move(step));
  }

 private:
  class Extension : public loop::Rewriter {
   public:
    Extension(const std::map<BufferRef, BufferRef>& buffers, const std::vector<VarRef>& vars, int64_t extent)
        : buffers_(buffers), vars_(vars), extent_(extent) {}

   protected:
    Stmt on_stmt(const Stmt& stmt) override {
      if (const auto* node = as_alloc(stmt)) {
        const auto found = buffers_.find(node->buffer);
        return found == buffers_.end() ? stmt : located(loop::alloc(found->second, node->body), stmt->where);
      }
      const auto* node = as_for(stmt);
      if (!node || std::find(vars_.begin(), vars_.end(), node->var) == vars_.end()) return stmt;
      return located(loop::for_loop(node->var, extent_, node->body, node->kind), stmt->where);
    }

   private:
    const std::map<BufferRef, BufferRef>& buffers_;
    const std::vector<VarRef>& vars_;
    int64_t extent_;
  };

  /// Whether the statement divides by anything but a constant.
  static bool divides(const Access& access) {
    class Search : public loop::Rewriter {
     public:
      bool found = false;

     protected:
      Expr on_expr(const Expr& expr) override {
        const auto* node = std::get_if<loop::Binary>(&expr->node);
        const bool division = node && (node->op == loop::BinaryOp::kDiv || node->op == loop::BinaryOp::kMod);
        found = found || (division && !std::holds_alternative<loop::IntLiteral>(node->b->node) &&
                          expr->type != loop::Type::kF32);
        return expr;
      }
    } search;
    if (const auto* store = std::get_if<loop::Store>(&access.path.back()->node)) search.rewrite(store->value);
    return search.found;
  }

  /// New iterations may write pads only, or add zeros.
  Result<void> check_store(const Stmt& loop, const Access& access, const VarRef& var) {
    const auto& store = std::get<loop::Store>(access.path.back()->node);
    bool indexes = false;
    for (size_t axis = 0; axis < store.indices.size(); ++axis) {
      const auto* index = as_var(store.indices[axis]);
      if (index && index->var == var && store.buffer->shape[axis] == extent_) indexes = true;
    }
    if (indexes) return {};
    const Expr term = added_term(store);
    if (term && has_zero_factor(schedule_.kernel, term, var, extent_)) return {};
    return refuse(
        primitive_, loop,
        fmt::format(
            "new iterations would change '{}': no axis of extent {} is indexed by '{}', and no factor that is added is "
            "known to be zero there",
            store.buffer->name, extent_, var->name));
  }

  /// Whether a larger extent would change the places of other elements in a parameter's layout.
  bool is_inner_part(const loop::Buffer& buffer, size_t axis) const {
    const int position = find_param(schedule_.kernel, buffer.name);
    if (position < 0) return false;
    const std::vector<loop::PackedAxis>& axes = schedule_.kernel.params[static_cast<size_t>(position)].layout.axes;
    return !axes.empty() && axes[axis].source_axis >= 0 &&
           std::any_of(axes.begin(), axes.end(), [&](const loop::PackedAxis& other) {
             return other.source_axis == axes[axis].source_axis && other.divisor > axes[axis].divisor;
           });
  }

  Result<void> grow(const Path& path, const Access& access, const VarRef& var) {
    auto [place, fresh] = shapes_.emplace(access.buffer, access.buffer->shape);
    for (size_t axis = 0; axis < access.indices.size(); ++axis) {
      const Expr& index = access.indices[axis];
      if (!mentions(index, var)) continue;
      const auto* exact = as_var(index);
      if (exact && access.buffer->shape[axis] == extent_) {
        if (is_inner_part(*access.buffer, axis)) {
          return refuse(primitive_, path.back(),
                        fmt::format("axis {} of '{}' is the inner part of a packed axis", axis, access.buffer->name),
                        {}, "pad before pack");
        }
        place->second[axis] = std::max(place->second[axis], padded_);
        continue;
      }
      Path inside = path;
      inside.insert(inside.end(), access.path.begin(), access.path.end());
      loop::Ranges ranges = ranges_of(inside);
      for (const VarRef& padded : vars_) {
        if (ranges.count(padded) != 0) ranges[padded] = {0, padded_ - 1};
      }
      const auto range = range_of(index, ranges);
      const bool fits = range && range->low >= 0 && range->high < access.buffer->shape[axis];
      if (fits) continue;
      if (!range || range->low < 0 || access.is_store || find_param(schedule_.kernel, access.buffer->name) >= 0) {
        return refuse(primitive_, path.back(),
                      fmt::format("axis {} of '{}' {} is indexed by {}, which would leave it", axis,
                                  access.buffer->name, to_string(access.buffer->shape), to_text(index)));
      }
      place->second[axis] = std::max(place->second[axis], range->high + 1);
    }
    return {};
  }

  Schedule& schedule_;
  std::string primitive_;
  std::vector<VarRef> vars_;  // of all loops that are extended
  int64_t extent_, padded_;
  std::map<BufferRef, Shape> shapes_;
};

}  // namespace

Result<void> pad(Schedule& schedule, const std::vector<std::string>& loops, int64_t multiple) {
  if (loops.empty()) return refuse("pad", "no loop is named");
  if (multiple < 1) return refuse("pad", fmt::format("the multiple {} is not positive", multiple));
  return pad_loops(schedule, loops, multiple, {"pad", {{"loops", loops}, {"multiple", multiple}}});
}

Result<void> pad_loops(Schedule& schedule, const std::vector<std::string>& loops, int64_t multiple, const Step& step) {
  const std::string& primitive = step.primitive;
  TANDEM_ASSIGN(const Path first, find_loop(schedule, primitive, loops[0]));
  const int64_t extent = as_for(first.back())->extent;
  const int64_t padded = (extent + multiple - 1) / multiple * multiple;
  std::vector<VarRef> vars;
  std::vector<Path> paths;
  for (const std::string& name : loops) {
    TANDEM_ASSIGN(const Path path, find_loop(schedule, primitive, name));
    const loop::For& node = *as_for(path.back());
    if (node.extent != extent) {
      return refuse(primitive, path.back(),
                    fmt::format("'{}' has {} iterations, '{}' has {}", name, node.extent, loops[0], extent));
    }
    vars.push_back(node.var);
    paths.push_back(path);
  }
  if (padded == extent) {
    schedule.trace.push_back(step);
    return {};
  }
  Padding padding(schedule, primitive, std::move(vars), extent, padded);
  for (const Path& path : paths) TANDEM_TRY(padding.add(path));
  padding.finish(step);
  return {};
}

}  // namespace tandem::schedule
