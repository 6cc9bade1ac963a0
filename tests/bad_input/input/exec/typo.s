program "typo"
hardware {
  name: vta_default
}
dram 0x10000
code at 0x4000 {
  lod inp sram=0 dram=0x0 y=1 x=1 stride=1
  finish
}
