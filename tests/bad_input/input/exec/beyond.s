program "beyond"
hardware {
  name: vta_default
}
dram 0x10000
code at 0x4000 {
  load inp sram=2040 dram=0x0 y=2 x=5 stride=5
  finish
}
