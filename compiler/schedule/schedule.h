// Schedules: a kernel and the list of rewrites that made it. Every primitive keeps the kernel's meaning or refuses with
// a Diagnostic that names the loop, shows it underlined and says what would be legal; a refused schedule is unchanged.
// docs/schedule/ has one page per primitive.
//
// Loops and buffers are named: names are unique in a scheduled kernel. New loops and buffers get the names that each
// primitive states, with a number appended where a name is taken.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/loop/ir.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"

namespace tandem::schedule {

using Argument = std::variant<int64_t, std::string, std::vector<std::string>, std::vector<int64_t>>;

/// One call of a primitive, e.g. split(loop = "p", factor = 4).
struct Step {
  std::string primitive;
  std::vector<std::pair<std::string, Argument>> arguments;
};
using Trace = std::vector<Step>;

struct Schedule {
  loop::Kernel kernel;
  Trace trace;
  /// What `assume` says of inputs: the lowest and the highest value.
  std::map<std::string, std::pair<int64_t, int64_t>> assumed;

  /// The empty schedule. Names become unique; a parameter without a layout gets its own shape as the logical one.
  explicit Schedule(const loop::Kernel& definition);
};

// ---- loops
// ------------------------------------------------------------------------------------------------------------------

/// `loop` -> `outer` of ceil(extent / factor) around `inner` of `factor` (default names: LOOP_outer, LOOP_inner). A
/// tail is guarded by an `if` ("guard"), computed to the next multiple as `pad` does ("pad"), covered by a last tile
/// that begins earlier ("shift"), or refused ("exact").
Result<void> split(Schedule& schedule, const std::string& loop, int64_t factor, const std::string& outer = "",
                   const std::string& inner = "", const std::string& tail = "guard");
/// Splits the loops of a perfect nest, each by its factor, and puts all outer parts before all inner ones.
Result<void> tile(Schedule& schedule, const std::vector<std::string>& loops, const std::vector<int64_t>& factors,
                  const std::string& tail = "guard");
/// Two directly nested loops -> one (default name: OUTER_INNER).
Result<void> fuse(Schedule& schedule, const std::string& outer, const std::string& inner, const std::string& name = "");
/// Puts the given loops of one perfect nest in the given order, in the places that they have now.
Result<void> reorder(Schedule& schedule, const std::vector<std::string>& loops);
/// Iterations may run at the same time: on threads, as lanes of a vector, or on an axis of a GPU ("block.x" ..
/// "thread.z").
Result<void> parallel(Schedule& schedule, const std::string& loop);
Result<void> vectorize(Schedule& schedule, const std::string& loop);
Result<void> bind(Schedule& schedule, const std::string& loop, const std::string& axis);
/// The body is emitted once for each iteration.
Result<void> unroll(Schedule& schedule, const std::string& loop);
/// A loop around several statements -> one loop for each; the first keeps the name, later ones get LOOP_2, ...
Result<void> fission(Schedule& schedule, const std::string& loop);
/// Loops of one iteration disappear.
Result<void> remove_unit_loops(Schedule& schedule);

// ---- memory
// -----------------------------------------------------------------------------------------------------------------

/// A local buffer lives in another memory scope.
Result<void> set_scope(Schedule& schedule, const std::string& buffer, const std::string& scope);
/// Copies what each iteration of `loop` reads of `buffer` to BUFFER_SCOPE in `scope` at the start of the iteration ("":
/// of the kernel), and reads it there. The copy's loops are called BUFFER_SCOPE_0, _1, ... by axis. `type`: the copy
/// holds the values converted
/// ("i32"), where every read is so converted already. Returns the new buffer's name.
Result<std::string> stage(Schedule& schedule, const std::string& buffer, const std::string& scope,
                          const std::string& loop, const std::string& type = "");
/// An output is computed in the local buffer BUFFER_SCOPE and copied to its place at the end of the kernel, by loops
/// called BUFFER_SCOPE_0, ... Returns the new buffer's name.
Result<std::string> stage_write(Schedule& schedule, const std::string& buffer, const std::string& scope);
/// The nest of `loop`, around one store, stores its values to the local buffer BUFFER_SCOPE instead, by loops called
/// LOOP_SCOPE, and then copies them. Returns the new buffer's name.
Result<std::string> stage_store(Schedule& schedule, const std::string& loop, const std::string& scope);
/// All nests that compute the local `buffer` move to the start of each iteration of `loop`, which reads it; buffer and
/// nests shrink to what the iteration reads. Their loops keep their names and count from the region's start.
Result<void> compute_at(Schedule& schedule, const std::string& buffer, const std::string& loop);
/// The nest of `loop`, which reads what the nest of `at` before it computes, moves to the end of each iteration of `at`
/// and does there the part whose values that iteration has computed. Its loops keep their names and count from the
/// part's start. Where the buffer lives within `at` then, it shrinks to the part.
Result<void> reverse_compute_at(Schedule& schedule, const std::string& loop, const std::string& at);
/// Successive allocations of a local buffer take `copies` places in turn, so that filling one may overlap with the use
/// of the other. No value changes: an allocation is a fresh buffer.
Result<void> multi_buffer(Schedule& schedule, const std::string& buffer, int64_t copies);
/// All buffers that each iteration of `loop` fills anew take `stages` places in turn.
Result<void> pipeline(Schedule& schedule, const std::string& loop, int64_t stages);
/// An axis of a local buffer that is read at `outer` * stride + `inner` only becomes two axes, indexed by the two
/// loops: rows that no window touches are not kept. The loops that fill it are called LOOP_outer, LOOP_inner.
Result<void> unfold(Schedule& schedule, const std::string& buffer, int64_t axis, const std::string& outer,
                    const std::string& inner);

// ---- layout
// -----------------------------------------------------------------------------------------------------------------

/// Axis `axis` of extent E -> E / factor in its place and `factor` as the last axis. For a parameter the layout says
/// what the host must do.
Result<void> pack(Schedule& schedule, const std::string& buffer, int64_t axis, int64_t factor);
/// The given loops, all of one extent, and the axes that they index, are extended to a multiple. What is computed in
/// the pads is never observed; a loop that sums needs a factor whose pads are zero (an input).
Result<void> pad(Schedule& schedule, const std::vector<std::string>& loops, int64_t multiple);
/// An input gets one more axis before `axis` that holds copies, indexed by `loop`.
Result<void> replicate(Schedule& schedule, const std::string& buffer, int64_t axis, const std::string& loop);

// ---- computation
// ------------------------------------------------------------------------------------------------------------

/// The sum of a nest over `loop` becomes partial sums, one for each iteration of it, in the local buffer BUFFER_SCOPE,
/// which are then added; products, minima and maxima likewise. Returns the new buffer's name.
Result<std::string> rfactor(Schedule& schedule, const std::string& loop, const std::string& scope);
/// A nest `y[...] = cast(f(g(t[...], a), b))` -> nests that update the local buffer `buffer` (t) in place, one
/// operation each, and a last one that copies it. The nests' loops are called LOOP_u0, LOOP_u1, ... by operation
/// (innermost first); the last nest keeps the names.
Result<void> decompose(Schedule& schedule, const std::string& loop, const std::string& buffer);
/// A promise of the caller, not checked: all values of the input lie in [low, high].
Result<void> assume(Schedule& schedule, const std::string& buffer, int64_t low, int64_t high);
/// The value that a nest stores is computed by other operations on the same operand, e.g. {"add 8", "shift_right 4",
/// "max -100", "min 127"}, the first one first. Proven equal for every value that the operand may take.
Result<void> rewrite(Schedule& schedule, const std::string& loop, const std::vector<std::string>& operations);
/// (a + b) + constant -> a + (b + constant) in the value that a nest stores; integer sums wrap, so that it is always
/// equal.
Result<void> reassociate(Schedule& schedule, const std::string& loop);
/// Where every read of a local buffer is the operand of one and the same operation with a constant, that is done once,
/// in place, after the nest that fills the buffer, by loops called BUFFER_u0, BUFFER_u1, ... by axis.
Result<void> absorb(Schedule& schedule, const std::string& buffer);
/// i32 products with 2^k in the value that a nest stores become shifts to the left: both wrap alike.
Result<void> products_to_shifts(Schedule& schedule, const std::string& loop);
/// A nest `t[i] = constant` becomes `t[i] = 0` and, by loops called LOOP_add, `t[i] = t[i] + constant`.
Result<void> start_from_zero(Schedule& schedule, const std::string& loop);
/// The nest of `reset` clears a local buffer, and the nest around `loop` then sums into it: the first term of every
/// element is stored at `loop`, by loops called LOOP_first, and nothing is cleared before.
Result<void> begin_sum(Schedule& schedule, const std::string& reset, const std::string& loop);
/// `t[i] = max(t[i], select(c, value, least))` -> `if (c) t[i] = max(t[i], value)`, likewise for min.
Result<void> skip_neutral(Schedule& schedule, const std::string& loop);
/// Reads of a local buffer become what the nest that fills it computes; the buffer disappears.
Result<void> compute_inline(Schedule& schedule, const std::string& buffer);
/// A local integer buffer that only copies, minima and maxima fill holds its values in a wider type.
Result<void> widen(Schedule& schedule, const std::string& buffer, const std::string& type);
/// The nest of `loop` becomes the intrinsic that it is an instance of.
Result<void> tensorize(Schedule& schedule, const std::string& loop, const std::string& intrinsic,
                       const tensorize::IntrinsicSet& intrinsics);

// ---- traces
// -----------------------------------------------------------------------------------------------------------------

/// A JSON list of steps, e.g. [{"primitive": "split", "loop": "p", "factor": 4, "outer": "", "inner": ""}].
std::string to_json(const Trace& trace);
Result<Trace> parse_trace(const std::string& json);
/// The names of all primitives.
std::vector<std::string> primitive_names();
/// Applies one step; arguments that have a default may be left out. Errors of unknown primitives and of missing or
/// unknown arguments say what is legal.
Result<void> apply(Schedule& schedule, const Step& step, const tensorize::IntrinsicSet& intrinsics);
/// The schedule that the trace makes of the definition: the same kernel, to the bit, as when the trace was recorded.
Result<Schedule> replay(const loop::Kernel& definition, const Trace& trace, const tensorize::IntrinsicSet& intrinsics);
Result<Schedule> replay(const loop::Kernel& definition, const std::string& json,
                        const tensorize::IntrinsicSet& intrinsics);
/// The trace with one argument of one step changed, for a search to try; whether it is legal, `replay` says. Errors: no
/// such step, an argument that the step has not, a value of another type.
Result<Trace> with_argument(const Trace& trace, size_t step, const std::string& argument, Argument value);
/// The same with the value as text: a text as it is, an integer or a list as in JSON.
Result<Trace> with_argument_text(const Trace& trace, size_t step, const std::string& argument, const std::string& text);

}  // namespace tandem::schedule
