// Tokens: which instruction must wait for which, from what they read and write, carried by the flags of the
// instructions.
#pragma once

#include <vector>

#include "compiler/codegen/accel/step.h"

namespace tandem::codegen {

/// Sets the token flags of all steps so that every dependence (read after write, write after read, write after write)
/// between engines is ordered, in every execution, and adds no-op steps to the compute queue where load and store
/// depend on each other. `token_queue_depth` bounds the tokens of one direction that are on their way.
///
/// Why one flag for each direction is enough. The queues of two neighbours are first in, first out: the k-th push of A
/// towards B meets the k-th pop of B. Steps are looked at in program order. For a step C of B, let P be the last step
/// of A that C depends on. Engines are sequential, so a token of P stands for all steps of A up to P, and C needs a
/// token only if P lies behind the last step that B has synchronised with (directly or through others: the vector clock
/// `Known`). Then P also lies behind all earlier pushes of A towards B, and C behind all earlier pops of B, so that
/// appending (P, C) keeps both sequences increasing and equally long: the new push meets the new pop, no step is given
/// the same flag twice, and nothing is left over.
///
/// Why nothing can block for ever. Every token goes forward in program order. Consider the first step in program order
/// that never executes: everything before it has executed, so its tokens have arrived, and the queue it pushes to holds
/// only tokens that were pushed before it and are popped behind it in program order. If that number never exceeds the
/// depth, it executes: a contradiction (fetch is in program order too, so full command queues delay only later steps).
/// Where the finest synchronisation breaks that bound, all tokens are pushed by the last step of A before C instead;
/// then every earlier pop of B lies before P or is covered by P itself, and at most one token of a direction is on its
/// way in program order.
std::vector<Step> with_tokens(std::vector<Step> steps, int token_queue_depth);

}  // namespace tandem::codegen
