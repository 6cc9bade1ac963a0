program "hang"
hardware {
  name: vta_default
}
dram 0x10000
binding "y" output i8 [16] layout "N" at 0x3000
code at 0x4000 {
  load acc sram=0 dram=0x40 y=1 x=1 stride=1
  store out sram=0 dram=0x300 y=1 x=1 stride=1 pop_prev push_prev
  finish pop_next
}
