// Host tool: writes the instruction set's page (docs/isa.md).
#include <cstdio>

#include "isa/manual.h"
#include "support/file.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: tandem_isa_manual OUTPUT.md\n");
    return 2;
  }
  const tandem::Result<void> result = tandem::write_file(argv[1], tandem::isa::manual());
  if (result.ok()) return 0;
  std::fprintf(stderr, "%s\n", render(result.error()).c_str());
  return 2;
}
