// The identity of what a measurement depends on beside its request: the accelerator, the compiler, the simulators and
// the tuner itself.
#pragma once

#include <string>

namespace tandem::tuner {

/// A hash of the sources below `checkout` that decide what a trial measures and which trials a search asks for. Tests,
/// documents, commands and reports are not among them.
std::string hash_of_sources(const std::string& checkout);

}  // namespace tandem::tuner
