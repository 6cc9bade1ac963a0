// reverse_compute_at: a nest that reads what another one computes moves into a loop of that, and each iteration then
// does the part whose values have just been computed.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/loop/integer_set.h"
#include "compiler/schedule/buffers.h"
#include "compiler/schedule/dependence.h"

namespace tandem::schedule {
namespace {

using loop::BinaryOp;

Expr both(const Expr& a, const Expr& b) { return loop::binary(BinaryOp::kAnd, a, b); }

/// Where the two nests stand, and the loops around the place to which the second one moves.
struct Place {
  Stmt producer, consumer;
  Path at;                                  // the producer .. the loop
  std::vector<const loop::For*> enclosing;  // the loops among `at`, outermost first
  std::vector<Stmt> between;                // statements between the two nests
};

Result<Place> find_place(const Schedule& schedule, const std::string& loop, const std::string& at) {
  TANDEM_ASSIGN(const Path consumer, find_loop(schedule, "reverse_compute_at", loop));
  TANDEM_ASSIGN(const Path target, find_loop(schedule, "reverse_compute_at", at));
  const Stmt parent = consumer.size() > 1 ? consumer[consumer.size() - 2] : nullptr;
  const auto* list = parent ? std::get_if<loop::Block>(&parent->node) : nullptr;
  const auto above = list ? std::find(target.begin(), target.end(), parent) : target.end();
  Place place;
  place.consumer = consumer.back();
  if (above != target.end() && above + 1 != target.end()) {
    place.at = Path(above + 1, target.end());
    place.producer = place.at.front();
    const auto first = std::find(list->statements.begin(), list->statements.end(), place.producer);
    const auto second = std::find(list->statements.begin(), list->statements.end(), place.consumer);
    if (first < second) place.between = {first + 1, second};
    if (first >= second) place.producer = nullptr;
  }
  if (!place.producer) {
    return refuse("reverse_compute_at", consumer.back(),
                  fmt::format("this nest does not stand after the nest of '{}', under the same loops", at), {},
                  "fission or reorder first");
  }
  for (const Stmt& stmt : place.at) {
    if (const auto* node = as_for(stmt)) place.enclosing.push_back(node);
    if (!std::holds_alternative<loop::If>(stmt->node)) continue;
    return refuse("reverse_compute_at", stmt, fmt::format("'{}' does not always run: this condition is around it", at));
  }
  return place;
}

/// The loops of the consumer that index the buffer, by axis (null for an axis that none indexes).
Result<std::vector<VarRef>> index_loops(const Place& place, const BufferRef& buffer) {
  std::vector<VarRef> vars;
  std::vector<Expr> element;
  for (const Access& access : accesses_of(place.consumer)) {
    if (access.buffer != buffer) continue;
    const loop::Ranges around = ranges_of(access.path);
    if (!element.empty() && !std::equal(element.begin(), element.end(), access.indices.begin(),
                                        [](const Expr& a, const Expr& b) { return equal(a, b); })) {
      return refuse("reverse_compute_at", access.path.back(), fmt::format("'{}' is read in two places", buffer->name));
    }
    if (!element.empty()) continue;
    element = access.indices;
    for (size_t axis = 0; axis < element.size(); ++axis) {
      const auto* var = std::get_if<loop::VarUse>(&element[axis]->node);
      const bool own = var && around.count(var->var) != 0 && std::count(vars.begin(), vars.end(), var->var) == 0;
      if (!own && !std::holds_alternative<loop::IntLiteral>(element[axis]->node)) {
        return refuse("reverse_compute_at", access.path.back(),
                      fmt::format("axis {} of '{}' is indexed by {}, not by a loop of its own", axis, buffer->name,
                                  to_text(element[axis])));
      }
      vars.push_back(own ? var->var : nullptr);
    }
  }
  return vars;
}

/// The second instance of the loops around the place, for questions about two iterations.
std::map<VarRef, Expr> other_iteration(const Place& place, loop::Ranges& ranges) {
  std::map<VarRef, Expr> other;
  for (const loop::For* node : place.enclosing) {
    const VarRef var = new_var(node->var->name);
    ranges[node->var] = ranges[var] = {0, node->extent - 1};
    other[node->var] = loop::use(var);
  }
  return other;
}

/// "The first `shared` loops of one iteration come later than those of the other"; `or_same` includes equality.
Expr is_later(const Place& place, const std::map<VarRef, Expr>& other, size_t shared, bool or_same) {
  Expr later = loop::integer(or_same, loop::Type::kBool);
  for (size_t i = shared; i-- > 0;) {
    const Expr one = loop::use(place.enclosing[i]->var), two = other.at(place.enclosing[i]->var);
    later = loop::binary(BinaryOp::kOr, loop::binary(BinaryOp::kGt, one, two),
                         both(loop::binary(BinaryOp::kEq, one, two), later));
  }
  return later;
}

class Move {
 public:
  Move(const Place& place, const Path& around, std::vector<VarRef> vars, Region region)
      : place_(place), around_(around), vars_(std::move(vars)), region_(std::move(region)) {}

  /// Every element of the tiled loops lies in the tile of one iteration, and of one only.
  Result<void> check_tiles(const std::string& buffer) const {
    loop::Ranges ranges = ranges_of(around_);
    const loop::Ranges outside = ranges;
    const std::map<VarRef, Expr> other = other_iteration(place_, ranges);
    std::vector<Expr> element, same, reached;
    Shape extents;
    Expr differs = loop::integer(0, loop::Type::kBool);
    for (const auto& [var, use] : other) {
      differs = loop::binary(BinaryOp::kOr, differs, loop::binary(BinaryOp::kNe, loop::use(var), use));
    }
    for (size_t axis = 0; axis < vars_.size(); ++axis) {
      if (!vars_[axis]) continue;
      const Expr start = region_.base[axis], last = start + (region_.extent[axis] - 1);
      same.push_back(loop::binary(BinaryOp::kLe, start, loop::substitute(last, other)));
      same.push_back(loop::binary(BinaryOp::kLe, loop::substitute(start, other), last));
      const VarRef inside = new_var("inside");
      ranges[inside] = {0, region_.extent[axis] - 1};
      element.push_back(start + loop::use(inside));
      extents.push_back(extent_of(vars_[axis]));
      reached.push_back(loop::binary(BinaryOp::kLt, element.back(), loop::integer(extents.back())));
      same.push_back(loop::binary(BinaryOp::kLt, start, loop::integer(extents.back())));
      same.push_back(loop::binary(BinaryOp::kLt, loop::substitute(start, other), loop::integer(extents.back())));
    }
    same.push_back(differs);
    loop::Ranges covering;
    for (const auto& [var, range] : ranges) {
      if (outside.count(var) == 0) covering[var] = range;
    }
    if (can_hold(same, ranges) || !covers(element, extents, reached, covering)) {
      return refuse("reverse_compute_at", place_.at.back(),
                    fmt::format("its iterations do not compute separate tiles of '{}' that cover all that '{}' reads",
                                buffer, as_for(place_.consumer)->var->name));
    }
    return {};
  }

  /// No value that a part of the consumer needs is computed, and none that it changes is used, later than before.
  Result<void> check_order() const {
    const std::vector<Access> produced = accesses_of(place_.producer), consumed = accesses_of(place_.consumer);
    const std::set<BufferRef> own = allocated_in(place_.producer);
    bool passed = false;
    for (const Access& access : produced) {
      const auto at = std::find(access.path.begin(), access.path.end(), place_.at.back());
      const bool inside = at != access.path.end();
      passed = passed || inside;
      if (own.count(access.buffer) != 0) continue;
      size_t shared = 0;
      while (shared < place_.enclosing.size() && contains_loop(access.path, place_.enclosing[shared])) ++shared;
      for (const Access& use : consumed) {
        if (use.buffer != access.buffer || !(use.is_store || access.is_store)) continue;
        if (!conflict(access, use, shared, !inside && passed)) continue;
        return refuse("reverse_compute_at", place_.at.back(),
                      fmt::format("a later iteration {} '{}', which this nest {}", access.is_store ? "writes" : "reads",
                                  use.buffer->name, use.is_store ? "writes" : "reads"));
      }
    }
    const std::set<BufferRef> of_parts = private_buffers();
    for (const Access& one : consumed) {
      for (const Access& two : consumed) {
        if (one.buffer != two.buffer || !(one.is_store || two.is_store) || of_parts.count(one.buffer) != 0) continue;
        if (one.path.back() == two.path.back() && is_reduction(one.path.back())) continue;
        if (!conflict_of_parts(one, two)) continue;
        return refuse("reverse_compute_at", place_.consumer,
                      fmt::format("parts of this nest depend on each other: both touch '{}'", one.buffer->name));
      }
    }
    for (const Stmt& stmt : place_.between) {
      for (const Access& access : accesses_of(stmt)) {
        for (const Access& use : consumed) {
          if (use.buffer != access.buffer || !(use.is_store || access.is_store)) continue;
          return refuse("reverse_compute_at", stmt,
                        fmt::format("this stands between the two nests and {} '{}'",
                                    access.is_store ? "writes" : "reads", access.buffer->name));
        }
      }
    }
    return {};
  }

 private:
  static bool contains_loop(const Path& path, const loop::For* node) {
    return std::any_of(path.begin(), path.end(), [&](const Stmt& stmt) { return as_for(stmt) == node; });
  }
  /// Buffers of the consumer that are fresh in each iteration of all loops that are cut into parts.
  std::set<BufferRef> private_buffers() const {
    std::set<BufferRef> result;
    walk(place_.consumer, [&](const Path& path) {
      const loop::Ranges around = ranges_of(path);
      const bool inside =
          std::all_of(vars_.begin(), vars_.end(), [&](const VarRef& var) { return !var || around.count(var) != 0; });
      if (as_alloc(path.back()) && inside) result.insert(as_alloc(path.back())->buffer);
    });
    return result;
  }
  int64_t extent_of(const VarRef& var) const {
    int64_t extent = 0;
    walk(place_.consumer, [&](const Path& path) {
      if (as_for(path.back()) && as_for(path.back())->var == var) extent = as_for(path.back())->extent;
    });
    return extent;
  }
  /// The access of the consumer lies in the tile of the iteration that `iteration` names.
  void add_tile(const std::map<VarRef, Expr>& iteration, const std::map<VarRef, Expr>& names,
                std::vector<Expr>& conditions) const {
    for (size_t axis = 0; axis < vars_.size(); ++axis) {
      if (!vars_[axis]) continue;
      const Expr start = loop::substitute(region_.base[axis], iteration);
      const Expr index = loop::substitute(loop::use(vars_[axis]), names);
      conditions.push_back(loop::binary(BinaryOp::kLe, start, index));
      conditions.push_back(loop::binary(BinaryOp::kLt, index, start + region_.extent[axis]));
    }
  }
  static void add_guards(const Access& access, const std::map<VarRef, Expr>& names, std::vector<Expr>& conditions) {
    for (const Expr& guard : guards_of(access.path)) conditions.push_back(loop::substitute(guard, names));
  }
  static void add_same_element(const Access& a, const std::map<VarRef, Expr>& names_a, const Access& b,
                               const std::map<VarRef, Expr>& names_b, std::vector<Expr>& conditions) {
    for (size_t axis = 0; axis < a.indices.size(); ++axis) {
      conditions.push_back(loop::binary(BinaryOp::kEq, loop::substitute(a.indices[axis], names_a),
                                        loop::substitute(b.indices[axis], names_b)));
    }
  }

  /// Whether `access` of the producer may run after the part of the consumer that touches the same element.
  bool conflict(const Access& access, const Access& use, size_t shared, bool or_same) const {
    loop::Ranges ranges = ranges_of(around_);
    const std::map<VarRef, Expr> other = other_iteration(place_, ranges);
    for (const auto& [var, range] : ranges_of(access.path)) ranges[var] = range;
    for (const auto& [var, range] : ranges_of(use.path)) ranges[var] = range;
    std::vector<Expr> conditions = {is_later(place_, other, shared, or_same)};
    add_tile(other, {}, conditions);
    add_guards(access, {}, conditions);
    add_guards(use, {}, conditions);
    add_same_element(access, {}, use, {}, conditions);
    return can_hold(conditions, ranges);
  }
  /// Whether two accesses of the consumer touch one element in different tiles.
  bool conflict_of_parts(const Access& one, const Access& two) const {
    loop::Ranges ranges = ranges_of(around_);
    const std::map<VarRef, Expr> other = other_iteration(place_, ranges);
    for (const auto& [var, range] : ranges_of(one.path)) ranges[var] = range;
    std::map<VarRef, Expr> names;
    for (const auto& [var, range] : ranges_of(two.path)) {
      const VarRef second = new_var(var->name);
      names[var] = loop::use(second);
      ranges[second] = range;
    }
    std::vector<Expr> conditions = {is_later(place_, other, place_.enclosing.size(), false)};
    add_tile({}, {}, conditions);
    add_tile(other, names, conditions);
    add_guards(one, {}, conditions);
    add_guards(two, names, conditions);
    add_same_element(one, {}, two, names, conditions);
    return can_hold(conditions, ranges);
  }

  const Place& place_;
  const Path& around_;  // what is around both nests
  std::vector<VarRef> vars_;
  Region region_;
};

/// Where the whole life of the buffer is within the loop: the body with the buffer allocated there, as large as a tile.
Stmt allocate_inside(const Path& alloc_path, const Stmt& body, const VarRef& at, const Region& region) {
  const BufferRef buffer = as_alloc(alloc_path.back())->buffer;
  Path loop_path, allocation;
  walk(body, [&](const Path& path) {
    if (as_for(path.back()) && as_for(path.back())->var == at) loop_path = path;
    if (as_alloc(path.back()) && as_alloc(path.back())->buffer == buffer) allocation = path;
  });
  const Stmt& scope = allocation.back();
  std::vector<Access> all;
  loop::Ranges inner;
  for (Access access : accesses_of(scope)) {
    if (access.buffer != buffer) continue;
    const auto inside = std::find(access.path.begin(), access.path.end(), loop_path.back());
    if (inside == access.path.end() || in_intrinsic(access)) return body;
    access.path.erase(access.path.begin(), inside + 1);
    for (const auto& [var, range] : ranges_of(access.path)) inner[var] = range;
    all.push_back(std::move(access));
  }
  const Region touched = region_of(all, *buffer, inner);
  for (size_t axis = 0; axis < region.base.size(); ++axis) {
    if (touched.extent[axis] != region.extent[axis] || !equal(touched.base[axis], region.base[axis])) return body;
  }
  loop::Buffer changed = *buffer;
  changed.shape = region.extent;
  const BufferRef tile = std::make_shared<const loop::Buffer>(std::move(changed));
  const loop::For& node = *as_for(loop_path.back());
  const Stmt shifted = redirect(node.body, buffer, [&](const loop::Operand& element) {
    loop::Operand target{tile, element.indices};
    for (size_t axis = 0; axis < target.indices.size(); ++axis)
      target.indices[axis] = target.indices[axis] - region.base[axis];
    return target;
  });
  const Stmt changed_loop =
      located(loop::for_loop(node.var, node.extent, loop::alloc(tile, shifted), node.kind), loop_path.back()->where);
  return replace(body, scope, replace(as_alloc(scope)->body, loop_path.back(), changed_loop));
}

}  // namespace

Result<void> reverse_compute_at(Schedule& schedule, const std::string& loop, const std::string& at) {
  TANDEM_ASSIGN(const Place place, find_place(schedule, loop, at));
  TANDEM_ASSIGN(const Path target, find_loop(schedule, "reverse_compute_at", at));
  const Path around(target.begin(), std::find(target.begin(), target.end(), place.producer));
  const loop::For& node = *as_for(place.at.back());
  // What an iteration of the loop computes of the first buffer that the nest reads decides the tile.
  std::vector<Access> writes;
  BufferRef buffer;
  const std::set<BufferRef> own = allocated_in(place.producer);
  for (const Access& use : accesses_of(place.consumer)) {
    if (buffer || own.count(use.buffer) != 0) continue;
    for (const Access& access : accesses_of(node.body)) {
      if (access.buffer == use.buffer && access.is_store) writes.push_back(access);
    }
    if (!writes.empty()) buffer = use.buffer;
  }
  if (!buffer) {
    return refuse("reverse_compute_at", place.consumer, fmt::format("this nest reads nothing that '{}' computes", at));
  }
  loop::Ranges inner;
  for (const Access& access : writes) {
    for (const auto& [var, range] : ranges_of(access.path)) inner[var] = range;
  }
  const Region region = region_of(writes, *buffer, inner);
  TANDEM_ASSIGN(std::vector<VarRef> vars, index_loops(place, buffer));
  for (size_t axis = 0; axis < vars.size(); ++axis) {  // an axis of which each iteration computes the same stays whole
    if (std::holds_alternative<loop::IntLiteral>(region.base[axis]->node)) vars[axis] = nullptr;
  }
  const Move move(place, around, vars, region);
  TANDEM_TRY(move.check_tiles(buffer->name));
  TANDEM_TRY(move.check_order());

  const Stmt part = run_over(region, vars, place.consumer);
  const Stmt changed =
      located(loop::for_loop(node.var, node.extent, loop::block({node.body, part}), node.kind), place.at.back()->where);
  Stmt body = replace(replace(schedule.kernel.body, place.consumer, nullptr), place.at.back(), changed);
  body = loop::simplify(body);
  TANDEM_TRY(check_concurrent("reverse_compute_at", target, body));
  if (find_param(schedule.kernel, buffer->name) < 0) {
    TANDEM_ASSIGN(const Path alloc_path, find_alloc(schedule, "reverse_compute_at", buffer->name));
    body = allocate_inside(alloc_path, body, node.var, region);
  }
  commit(schedule, body, {"reverse_compute_at", {{"loop", loop}, {"at", at}}});
  return {};
}

}  // namespace tandem::schedule
