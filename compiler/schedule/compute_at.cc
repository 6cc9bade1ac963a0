// compute_at: the nests that compute a buffer move to where it is read, and shrink to what is read there.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

/// The statements among which the producers and the consumer of a buffer lie, below the allocation.
std::vector<Stmt> statements_below(const Stmt& body) {
  if (const auto* node = as_alloc(body)) return statements_below(node->body);
  if (const auto* list = std::get_if<loop::Block>(&body->node)) return list->statements;
  return {body};
}

bool contains(const Stmt& root, const Stmt& wanted) {
  bool found = false;
  walk(root, [&](const Path& path) { found = found || path.back() == wanted; });
  return found;
}

struct Producer {
  Stmt stmt;
  std::vector<VarRef> vars;  // by axis; null for an axis of one element
};

/// A nest is movable where it computes each element from itself and from other buffers: store indices are different
/// loops, all that it reads of the buffer is the element that it writes.
Result<Producer> as_producer(const Stmt& stmt, const BufferRef& buffer) {
  Producer producer{stmt, {}};
  std::vector<Expr> element;
  const std::set<BufferRef> own = allocated_in(stmt);
  const std::vector<Access> accesses = accesses_of(stmt);
  for (const Access& access : accesses) {
    if (access.is_store && access.buffer != buffer && !own.count(access.buffer)) {
      return refuse("compute_at", stmt,
                    fmt::format("this nest writes '{}' besides '{}'", access.buffer->name, buffer->name), {},
                    "fission it first");
    }
    if (!access.is_store || access.buffer != buffer) continue;
    const loop::Ranges around = ranges_of(access.path);
    if (!element.empty() && !std::equal(element.begin(), element.end(), access.indices.begin(),
                                        [](const Expr& a, const Expr& b) { return equal(a, b); })) {
      return refuse("compute_at", stmt, fmt::format("this nest writes '{}' in two places", buffer->name), {},
                    "fission it first");
    }
    if (!element.empty()) continue;
    element = access.indices;
    for (size_t axis = 0; axis < element.size(); ++axis) {
      const auto* var = std::get_if<loop::VarUse>(&element[axis]->node);
      if (buffer->shape[axis] == 1 && std::holds_alternative<loop::IntLiteral>(element[axis]->node)) {
        producer.vars.push_back(nullptr);
        continue;
      }
      if (!var || !around.count(var->var) ||
          std::find(producer.vars.begin(), producer.vars.end(), var->var) != producer.vars.end()) {
        return refuse("compute_at", stmt,
                      fmt::format("axis {} of '{}' is indexed by {}, not by a loop of its own", axis, buffer->name,
                                  to_text(element[axis])),
                      {}, "split the loop and pack the axis alike, or compute_at before the split");
      }
      producer.vars.push_back(var->var);
    }
  }
  for (const Access& access : accesses) {
    if (access.buffer != buffer || access.is_store) continue;
    if (!std::equal(element.begin(), element.end(), access.indices.begin(),
                    [](const Expr& a, const Expr& b) { return equal(a, b); })) {
      return refuse("compute_at", stmt,
                    fmt::format("this nest reads other elements of '{}' than it writes", buffer->name));
    }
  }
  return producer;
}

}  // namespace

Result<void> compute_at(Schedule& schedule, const std::string& buffer_name, const std::string& loop) {
  TANDEM_ASSIGN(const Path alloc_path, find_alloc(schedule, "compute_at", buffer_name));
  TANDEM_ASSIGN(const Path loop_path, find_loop(schedule, "compute_at", loop));
  const loop::Alloc& allocation = *as_alloc(alloc_path.back());
  const BufferRef buffer = allocation.buffer;
  const Stmt& at = loop_path.back();

  std::vector<Producer> producers;
  Stmt consumer;
  std::set<BufferRef> read_by_producers;
  for (const Stmt& stmt : statements_below(allocation.body)) {
    const std::vector<Access> accesses = accesses_of(stmt);
    const bool touches =
        std::any_of(accesses.begin(), accesses.end(), [&](const Access& a) { return a.buffer == buffer; });
    if (contains(stmt, at)) {
      consumer = stmt;
    } else if (touches && consumer) {
      return refuse("compute_at", at, fmt::format("'{}' is also accessed after this loop's nest", buffer_name));
    } else if (touches) {
      TANDEM_ASSIGN(Producer producer, as_producer(stmt, buffer));
      if (producer.vars.empty() && !buffer->shape.empty()) {
        return refuse("compute_at", stmt, fmt::format("'{}' is read here, outside of '{}'", buffer_name, loop));
      }
      producers.push_back(std::move(producer));
      for (const Access& access : accesses) read_by_producers.insert(access.buffer);
    }
  }
  if (!consumer) {
    return refuse("compute_at", at, fmt::format("'{}' is not alive in '{}'", buffer_name, loop), {},
                  "choose a loop of a nest that reads it");
  }
  read_by_producers.erase(buffer);
  // What the producers read must not change between their old place and their new one.
  bool between = false;
  for (const Stmt& stmt : statements_below(allocation.body)) {
    const bool is_producer =
        std::any_of(producers.begin(), producers.end(), [&](const Producer& p) { return p.stmt == stmt; });
    between = between || is_producer;
    if (!between || is_producer) continue;
    for (const Access& access : accesses_of(stmt)) {
      if (!access.is_store || !read_by_producers.count(access.buffer)) continue;
      return refuse(
          "compute_at", access.path.front(),
          fmt::format("this nest changes '{}', from which '{}' is computed", access.buffer->name, buffer_name));
    }
    if (stmt == consumer) break;
  }

  // Reads inside the loop decide the region; there must be none elsewhere.
  const Stmt old_body = as_for(at)->body;
  std::vector<Access> reads;
  for (const Access& access : accesses_of(consumer)) {
    if (access.buffer != buffer) continue;
    if (access.is_store)
      return refuse("compute_at", at, fmt::format("'{}' is written in the nest that reads it", buffer_name));
    const bool inside = std::find(access.path.begin(), access.path.end(), at) != access.path.end();
    if (!inside) return refuse("compute_at", at, fmt::format("'{}' is also read outside of '{}'", buffer_name, loop));
    Access below = access;
    below.path.erase(below.path.begin(), std::find(below.path.begin(), below.path.end(), at) + 1);
    reads.push_back(std::move(below));
  }
  if (reads.empty()) return refuse("compute_at", at, fmt::format("'{}' is not read in '{}'", buffer_name, loop));
  loop::Ranges inner;
  for (const Access& access : reads) {
    for (const auto& [var, range] : ranges_of(access.path)) inner[var] = range;
  }
  const Region region = region_of(reads, *buffer, inner);
  const BufferRef tile = std::make_shared<const loop::Buffer>(
      loop::Buffer{buffer->name, buffer->type, region.extent, buffer->scope, buffer->copies});

  std::vector<Stmt> body;
  for (const Producer& producer : producers) body.push_back(run_over(region, producer.vars, producer.stmt));
  body.push_back(old_body);
  const Stmt shifted = redirect(loop::block(std::move(body)), buffer, [&](const loop::Operand& element) {
    loop::Operand target{tile, element.indices};
    for (size_t axis = 0; axis < target.indices.size(); ++axis)
      target.indices[axis] = target.indices[axis] - region.base[axis];
    return target;
  });
  const Stmt new_loop = located(
      loop::for_loop(as_for(at)->var, as_for(at)->extent, loop::alloc(tile, shifted), as_for(at)->kind), at->where);
  Stmt rest = replace(allocation.body, at, new_loop);
  for (const Producer& producer : producers) rest = replace(rest, producer.stmt, nullptr);
  commit(schedule, replace(schedule.kernel.body, alloc_path.back(), rest),
         {"compute_at", {{"buffer", buffer_name}, {"loop", loop}}});
  return {};
}

}  // namespace tandem::schedule
