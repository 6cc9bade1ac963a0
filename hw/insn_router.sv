// Says which engine executes an instruction, and whether its encoding is legal: a known opcode, memory and operation, zero in all
// unused bits, token flags only towards neighbours that the engine has. Combinational.
module insn_router #(
  parameter int Batch = 1,
  parameter int BlockIn = 16,
  parameter int BlockOut = 16,
  parameter int UopDepth = 8192,
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int InsnWidth = 128
) (
  input  logic [InsnWidth-1:0] insn_i,
  output logic                 to_load_o,  // else:
  output logic                 to_store_o, // else to compute
  output logic                 legal_o
);
  `include "isa.svh"

  logic [2:0] op, mem_type;
  logic       load, store, gemm, finish, alu, unused_clear;
  assign op = insn_i[InsnOpLsb +: InsnOpW];
  assign mem_type = insn_i[LoadMemTypeLsb +: LoadMemTypeW];
  assign load = op == OpLoad;
  assign store = op == OpStore;
  assign gemm = op == OpGemm;
  assign finish = op == OpFinish;
  assign alu = op == OpAlu;

  assign to_load_o = load && MemLoadedByLoad[mem_type];
  assign to_store_o = store;

  logic [InsnBits-1:0] used;
  assign used = load ? LoadUsedMask : store ? StoreUsedMask : gemm ? GemmUsedMask : finish ? FinishUsedMask : AluUsedMask;
  assign unused_clear = (insn_i & ~used) == '0;

  logic known, flags;
  assign known = (load && LoadMemTypeLegal[mem_type]) ||
                 (store && StoreMemTypeLegal[insn_i[StoreMemTypeLsb +: StoreMemTypeW]]) || gemm || finish ||
                 (alu && AluOpLegal[insn_i[AluOpcodeLsb +: AluOpcodeW]]);
  assign flags = !(to_load_o && (insn_i[InsnPopPrevLsb] || insn_i[InsnPushPrevLsb])) &&
                 !(store && (insn_i[InsnPopNextLsb] || insn_i[InsnPushNextLsb]));
  assign legal_o = known && unused_clear && flags;

  initial begin
    if (InsnWidth != InsnBits) $fatal(1, "InsnWidth is not the encoding's width");
  end

`ifdef VERILATOR
  OneEngine: assert final (!(to_load_o && to_store_o));
`endif
endmodule
