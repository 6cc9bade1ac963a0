// Names of loops and buffers: unique within a kernel, so that people, traces and the text form can refer to them.
#pragma once

#include <set>
#include <string>

#include "compiler/loop/ir.h"

namespace tandem::loop {

/// An equal kernel in which every variable and buffer has its own name, an identifier of the text form. Later ones give
/// way: i, i_2, i_3.
Kernel unique_names(const Kernel& kernel);

/// The name with what cannot stand in a name of the text form replaced by _.
std::string identifier(const std::string& name);

/// `wanted`, or with the first free number appended; the result is added to `taken`.
std::string fresh_name(const std::string& wanted, std::set<std::string>& taken);

/// All names of parameters, variables and buffers of a kernel.
std::set<std::string> names_of(const Kernel& kernel);

/// Words of the text form that cannot be names.
bool is_reserved(const std::string& word);

}  // namespace tandem::loop
