// Where Tandem runs: its checkout, the revision of it, the machine, the data shared with it.
#pragma once

#include <string>

namespace tandem {

/// A path below the checkout: the one that was built, or $TANDEM_ROOT where that is set. "" gives the checkout itself.
std::string checkout_path(const std::string& relative);

/// A path below the shared data (vta/programs, models): $TANDEM_DATA, else ../shared beside the checkout.
std::string shared_data_path(const std::string& relative);

/// The commit of the checkout, short, with "-dirty" where tracked files but docs/results.md differ; "unknown" without git.
std::string revision();

/// "Intel(R) Xeon(R) Gold 6240, 2 cores": the processor, as figures of speed need it.
std::string machine();

}  // namespace tandem
