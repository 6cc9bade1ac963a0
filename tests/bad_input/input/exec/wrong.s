program "wrong"
hardware {
  name: vta_default
}
dram 0x10000
binding "y" output i8 [16] layout "N" at 0x3000 expected {
  hex 00000007000000000000000000000000
}
code at 0x4000 {
  load acc sram=0 dram=0x40 y=1 x=1 stride=1 push_next
  store out sram=0 dram=0x300 y=1 x=1 stride=1 pop_prev push_prev
  load uop sram=0 dram=0x0 y=0 x=0 stride=0 pop_next
  finish
}
