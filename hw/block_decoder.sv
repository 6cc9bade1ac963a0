// The fields of a LOAD. Combinational.
module block_decoder #(
  parameter int Batch = 1,
  parameter int BlockIn = 16,
  parameter int BlockOut = 16,
  parameter int UopDepth = 8192,
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int InsnWidth = 128,
  parameter int IndexBits = 24
) (
  input  logic [InsnWidth-1:0] insn_i,
  output logic [3:0]           flags_o,  // {push_next, push_prev, pop_next, pop_prev}
  output logic                 load_o,   // it is a LOAD
  output logic                 uop_o,    // of this memory
  output logic                 wgt_o,
  output logic                 inp_o,
  output logic                 acc_o,
  output logic                 acc8_o,
  output logic                 prm_o,
  output logic                 empty_o,  // moves nothing
  output logic [IndexBits-1:0] sram_base_o,
  output logic [31:0]          dram_base_o,
  output logic [15:0]          y_size_o,
  output logic [15:0]          x_size_o,
  output logic [15:0]          x_stride_o,
  output logic [3:0]           y_pad_0_o,
  output logic [3:0]           y_pad_1_o,
  output logic [3:0]           x_pad_0_o,
  output logic [3:0]           x_pad_1_o
);
  `include "isa.svh"

  logic [2:0] mem_type;
  assign mem_type = insn_i[LoadMemTypeLsb +: LoadMemTypeW];
  assign flags_o = {insn_i[InsnPushNextLsb], insn_i[InsnPushPrevLsb], insn_i[InsnPopNextLsb], insn_i[InsnPopPrevLsb]};
  assign load_o = insn_i[InsnOpLsb +: InsnOpW] == OpLoad;
  assign uop_o = mem_type == MemUop;
  assign wgt_o = mem_type == MemWgt;
  assign inp_o = mem_type == MemInp;
  assign acc_o = mem_type == MemAcc;
  assign acc8_o = mem_type == MemAcc8;
  assign prm_o = mem_type == MemPrm;
  assign empty_o = x_size_o == '0 || y_size_o == '0;
  assign sram_base_o = IndexBits'(insn_i[LoadSramBaseLsb +: LoadSramBaseW]);
  assign dram_base_o = insn_i[LoadDramBaseLsb +: LoadDramBaseW];
  assign y_size_o = insn_i[LoadYSizeLsb +: LoadYSizeW];
  assign x_size_o = insn_i[LoadXSizeLsb +: LoadXSizeW];
  assign x_stride_o = insn_i[LoadXStrideLsb +: LoadXStrideW];
  assign y_pad_0_o = insn_i[LoadYPad0Lsb +: LoadYPad0W];
  assign y_pad_1_o = insn_i[LoadYPad1Lsb +: LoadYPad1W];
  assign x_pad_0_o = insn_i[LoadXPad0Lsb +: LoadXPad0W];
  assign x_pad_1_o = insn_i[LoadXPad1Lsb +: LoadXPad1W];

  // Fields of other instructions lie in the same bits.
  logic unused;
  assign unused = &{1'b0, insn_i};
endmodule
