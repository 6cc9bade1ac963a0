// The exact dependence test against brute force: every pair of iterations, every element.
#include "compiler/schedule/dependence.h"

#include <gtest/gtest.h>

#include "compiler/loop/parser.h"
#include "support/rng.h"

namespace tandem::schedule {
namespace {

/// Every loop of the kernel whose iterations depend on each other, as the analysis says ("exact": and ISL confirms).
bool is_carried(const Path& path, bool exact) {
  const std::vector<const loop::For*> loops = {as_for(path.back())};
  for (const Dependence& dependence : carried_dependences(loops, Reductions::kDepend)) {
    if (!exact || exists(dependence, loops, path)) return true;
  }
  return false;
}

/// Runs all iterations of the statement with `values` for the loops around, and reports each element that is touched.
using Touch = std::function<void(const loop::BufferRef&, const std::vector<int64_t>&, bool is_store)>;
int64_t evaluate(const Expr& expr, const std::map<VarRef, Expr>& values) {
  return std::get<loop::IntLiteral>(loop::substitute(expr, values)->node).value;
}
void run(const Stmt& stmt, std::map<VarRef, Expr>& values, const Touch& touch) {
  if (const auto* node = as_for(stmt)) {
    for (int64_t i = 0; i < node->extent; ++i) {
      values[node->var] = loop::integer(i);
      run(node->body, values, touch);
    }
    values.erase(node->var);
  } else if (const auto* guard = std::get_if<loop::If>(&stmt->node)) {
    if (evaluate(guard->condition, values) != 0) run(guard->body, values, touch);
  } else if (const auto* list = std::get_if<loop::Block>(&stmt->node)) {
    for (const Stmt& each : list->statements) run(each, values, touch);
  } else {
    for (const Access& access : accesses_of(stmt)) {
      std::vector<int64_t> element;
      for (const Expr& index : access.indices) element.push_back(evaluate(index, values));
      touch(access.buffer, element, access.is_store);
    }
  }
}

/// Whether two iterations of the loop touch one element, in one iteration of the loops around.
void enumerate(const Path& path, size_t at, std::map<VarRef, Expr>& values, bool& carried) {
  const auto* node = as_for(path[at]);
  if (at + 1 == path.size()) {
    std::map<std::pair<loop::BufferRef, std::vector<int64_t>>, std::map<int64_t, bool>> touched;
    for (int64_t i = 0; i < node->extent; ++i) {
      values[node->var] = loop::integer(i);
      run(node->body, values, [&](const loop::BufferRef& buffer, const std::vector<int64_t>& element, bool is_store) {
        touched[{buffer, element}][i] = touched[{buffer, element}][i] || is_store;
      });
    }
    values.erase(node->var);
    for (const auto& [element, iterations] : touched) {
      bool stored = false;
      for (const auto& [i, is_store] : iterations) stored = stored || is_store;
      carried = carried || (stored && iterations.size() > 1);
    }
    return;
  }
  const auto* guard = std::get_if<loop::If>(&path[at]->node);
  if (guard && evaluate(guard->condition, values) == 0) return;
  for (int64_t i = 0; i < (node ? node->extent : 1); ++i) {
    if (node) values[node->var] = loop::integer(i);
    enumerate(path, at + 1, values, carried);
  }
}

std::string random_index(Rng& rng, const std::vector<std::string>& vars) {
  std::string index = std::to_string(rng.uniform(0, 3));
  for (const std::string& var : vars) {
    if (rng.chance(0.6)) index += " + " + var + " * " + std::to_string(rng.uniform(1, 4));
  }
  if (rng.chance(0.3)) index = "(" + index + ") / " + std::to_string(rng.uniform(2, 4));
  if (rng.chance(0.2)) index = "(" + index + ") % " + std::to_string(rng.uniform(2, 6));
  return index;
}

std::string random_nest(Rng& rng) {
  const std::vector<std::string> vars = {"i", "j", "k"};
  std::string body;
  for (int64_t count = rng.uniform(1, 2); count > 0; --count) {
    std::string statement = "t[" + random_index(rng, vars) + "] = t[" + random_index(rng, vars) + "] + 1;";
    if (rng.chance(0.3)) statement = "u[" + random_index(rng, vars) + "] = t[" + random_index(rng, vars) + "];";
    if (rng.chance(0.4)) {
      statement =
          "if (" + random_index(rng, vars) + " < " + std::to_string(rng.uniform(1, 9)) + ") { " + statement + " }";
    }
    body += statement + " ";
  }
  for (size_t at = vars.size(); at-- > 0;) {
    body = "for " + vars[at] + " in 0.." + std::to_string(rng.uniform(1, 4)) + " { " + body + "} ";
    if (at > 0 && rng.chance(0.2)) body = "if (" + vars[at - 1] + " != 1) { " + body + "} ";
  }
  return "kernel k(t: i32[99], u: i32[99]) { " + body + "}";
}

TEST(Dependence, EqualsEnumeration) {
  int refined = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng(seed);
    const std::string text = random_nest(rng);
    const Result<loop::Kernel> kernel = loop::parse_kernel(text, "k.loop");
    ASSERT_TRUE(kernel.ok()) << render(kernel.error()) << "\n" << text;
    walk(kernel->body, [&](const Path& path) {
      if (!as_for(path.back())) return;
      bool carried = false;
      std::map<VarRef, Expr> values;
      enumerate(path, 0, values, carried);
      EXPECT_EQ(is_carried(path, true), carried)
          << "seed " << seed << ", '" << as_for(path.back())->var->name << "' of\n"
          << text;
      EXPECT_TRUE(is_carried(path, false) || !carried) << "seed " << seed;
      refined += is_carried(path, false) && !carried;
    });
  }
  EXPECT_GT(refined, 20);  // where intervals cannot decide
}

}  // namespace
}  // namespace tandem::schedule
