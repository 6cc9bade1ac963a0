// Processor time of this process, all threads together: unlike the wall's, it does not depend on what else runs.
#pragma once

namespace tandem::bench {

double cpu_seconds();

}  // namespace tandem::bench
