// Writes the register map as C++ constants: tandem_register_header HW/REGISTERS.SVH HEADER.
#include <cstdio>

#include "sim/rtl/register_map.h"
#include "support/file.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tandem_register_header REGISTERS.SVH HEADER\n");
    return 2;
  }
  const tandem::Result<std::string> svh = tandem::read_text_file(argv[1]);
  const tandem::Result<void> written =
      svh.ok() ? tandem::write_file(argv[2], tandem::sim::registers_header(tandem::sim::parse_register_map(*svh)))
               : tandem::Result<void>(svh.error());
  if (!written.ok()) std::fprintf(stderr, "%s\n", tandem::render(written.error()).c_str());
  return written.ok() ? 0 : 2;
}
