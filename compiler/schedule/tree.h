// Finding and replacing parts of a kernel: what the primitives share. Private to compiler/schedule.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/loop/affine.h"
#include "compiler/loop/ir.h"
#include "compiler/schedule/schedule.h"

namespace tandem::schedule {

using loop::BufferRef;
using loop::Expr;
using loop::Stmt;
using loop::VarRef;

/// A statement with all that is around it, the kernel's body first, itself last.
using Path = std::vector<Stmt>;

inline const loop::For* as_for(const Stmt& stmt) { return std::get_if<loop::For>(&stmt->node); }
inline const loop::Alloc* as_alloc(const Stmt& stmt) { return std::get_if<loop::Alloc>(&stmt->node); }

/// Calls `visit` for each statement below (and including) `root`, outer ones first. Meanings of intrinsics are not
/// entered.
void walk(const Stmt& root, const std::function<void(const Path&)>& visit);

/// The loop of that name; an error lists the loops that exist.
Result<Path> find_loop(const Schedule& schedule, const std::string& primitive, const std::string& name);
/// The allocation of a local buffer; an error lists those that exist.
Result<Path> find_alloc(const Schedule& schedule, const std::string& primitive, const std::string& buffer);
/// Position of a parameter, or -1.
int find_param(const loop::Kernel& kernel, const std::string& name);

/// `root` with the statement `old` (by identity) replaced; null removes it.
Stmt replace(const Stmt& root, const Stmt& old, const Stmt& replacement);

bool mentions(const Expr& expr, const VarRef& var);
/// The value that a reduction `t[i] = t[i] + value` adds to its own element; null where the store is none.
Expr added_term(const loop::Store& store);
/// Whether `nest` writes every element of `buffer`, whatever happens, without reading it.
bool fills_all(const Stmt& nest, const BufferRef& buffer);

/// Ranges of the loops among the statements.
loop::Ranges ranges_of(const Path& path);

/// The conditions among the statements that hold where the last one runs.
std::vector<Expr> guards_of(const Path& path);

/// One element that a statement reads or writes, with the loops between the analysed root and it.
struct Access {
  BufferRef buffer;
  std::vector<Expr> indices;
  bool is_store = false;
  Path path;                                // root .. store or condition
  bool under_cast = false;                  // a load that is directly converted
  loop::Type cast_type = loop::Type::kI64;  // to this type
};
/// All accesses below `root`, those in the meanings of intrinsics included.
std::vector<Access> accesses_of(const Stmt& root);
/// Whether it stands in the meaning of an intrinsic, whose operands have their layout and place.
bool in_intrinsic(const Access& access);
/// Buffers that are allocated below `root`.
std::set<BufferRef> allocated_in(const Stmt& root);

/// The store inside a perfect nest of loops and conditions; null where it is none.
Stmt only_store(const Stmt& nest);
/// The same of the loop of that name, which becomes `nest`.
Result<Stmt> find_only_store(const Schedule& schedule, const std::string& primitive, const std::string& loop,
                             Stmt& nest);

/// What replaces an access: another buffer and other indices.
using Redirect = std::function<loop::Operand(const loop::Operand&)>;
/// Redirects loads, stores and operands of `buffer`.
Stmt redirect(const Stmt& root, const BufferRef& buffer, const Redirect& to);

/// "cannot PRIMITIVE ...": `what` after it, then the loop's line underlined.
Diagnostic refuse(const std::string& primitive, const Stmt& loop, const std::string& what,
                  std::vector<std::string> legal = {}, const std::string& hint = "");
Diagnostic refuse(const std::string& primitive, const std::string& what, std::vector<std::string> legal = {},
                  const std::string& hint = "");

/// Applies `steps` to a copy; where all are legal, they become one step of the trace.
Result<void> composed(Schedule& schedule, const Step& step, const std::function<Result<void>(Schedule&)>& steps);

/// A memory scope is a word of the text form.
Result<void> check_scope(const std::string& primitive, const std::string& scope);

/// A name that the kernel does not have yet, made of letters, digits and _.
std::string new_name(const loop::Kernel& kernel, const std::string& wanted);
VarRef new_var(const std::string& name);

/// Installs the new body, simplified, and records the step.
void commit(Schedule& schedule, const Stmt& body, Step step);

/// Where the accesses of one buffer lie within one iteration of a loop: axis by axis, `extent` elements from `base`.
struct Region {
  std::vector<Expr> base;
  Shape extent;
};
/// `inner`: the loops below the iteration; `outer`: those around it. An index that is not affine covers its whole axis.
Region region_of(const std::vector<Access>& accesses, const loop::Buffer& buffer, const loop::Ranges& inner);

/// `nest` with the loop of each axis running over the region only, counting from its start; a null variable stands for
/// an axis without a loop.
Stmt run_over(const Region& region, const std::vector<VarRef>& vars, const Stmt& nest);
/// Whether the indices lie in the shape, as far as the ranges do not say that they always do.
Expr lies_inside(const std::vector<Expr>& indices, const Shape& shape, const loop::Ranges& ranges);

/// Loops `vars` (by axis) around `body`.
Stmt nest(const std::vector<VarRef>& vars, const Shape& extents, Stmt body);

}  // namespace tandem::schedule
