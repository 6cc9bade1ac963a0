// What is known of an instruction before it runs: its engine and the first of its faults (encoding, block beyond its buffer, FINISH not
// last, last not FINISH). An instruction that is not legal goes to compute. One instruction per cycle; latency one cycle.
module insn_check #(
  parameter int Batch = 1,
  parameter int BlockIn = 16,
  parameter int BlockOut = 16,
  parameter int UopDepth = 8192,
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int RequantLanes = 16,
  parameter int DepthwiseWidth = 1,
  parameter int ExtendedAlu = 1,
  parameter int InsnWidth = 128
) (
  input  logic                 clk_i,
  input  logic                 take_i,
  input  logic [InsnWidth-1:0] insn_i,
  input  logic                 last_i,      // of the program
  output logic [InsnWidth-1:0] insn_o,      // what was taken
  output logic                 to_load_o,   // else:
  output logic                 to_store_o,  // else to compute
  output logic [3:0]           fault_o      // Error* of registers.svh
);
  `include "isa.svh"
  `include "registers.svh"
  localparam int SideBits = 17;                // of a block with its padding
  localparam int PlaceBits = 2 * SideBits + 1;  // of the element behind a block: greater than any buffer's depth does not wrap

  logic [InsnWidth-1:0] insn_q;
  logic                 last_q, to_load, to_store, legal;
  insn_router #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .RequantLanes(RequantLanes), .DepthwiseWidth(DepthwiseWidth), .ExtendedAlu(ExtendedAlu),
    .InsnWidth(InsnWidth)
  ) u_router (
    .insn_i(insn_q),
    .to_load_o(to_load),
    .to_store_o(to_store),
    .legal_o(legal)
  );

  // The block's elements: a product, then a register, then place and comparison. LOAD and STORE have one layout; only a LOAD pads.
  logic                load;
  logic [15:0]         y_size, x_size;
  logic [SideBits-1:0] height, width;
  assign load = insn_i[InsnOpLsb +: InsnOpW] == OpLoad;
  assign y_size = insn_i[LoadYSizeLsb +: LoadYSizeW];
  assign x_size = insn_i[LoadXSizeLsb +: LoadXSizeW];
  assign height = SideBits'(y_size) + (load ? SideBits'(insn_i[LoadYPad0Lsb +: LoadYPad0W]) + SideBits'(insn_i[LoadYPad1Lsb +: LoadYPad1W]) : '0);
  assign width = SideBits'(x_size) + (load ? SideBits'(insn_i[LoadXPad0Lsb +: LoadXPad0W]) + SideBits'(insn_i[LoadXPad1Lsb +: LoadXPad1W]) : '0);

  logic                 empty_q;
  logic [PlaceBits-1:0] elements_q;
  always_ff @(posedge clk_i) begin
    if (take_i) begin
      insn_q <= insn_i;
      last_q <= last_i;
      empty_q <= y_size == '0 || x_size == '0;
      elements_q <= PlaceBits'(height) * PlaceBits'(width);
    end
  end

  logic [2:0]           op, mem_type;
  logic [PlaceBits-1:0] depth, stop;
  logic                 moves, beyond, finish;
  assign op = insn_q[InsnOpLsb +: InsnOpW];
  assign mem_type = insn_q[LoadMemTypeLsb +: LoadMemTypeW];
  assign finish = op == OpFinish;
  assign moves = (op == OpLoad || op == OpStore) && !empty_q;
  always_comb begin
    case (mem_type)
      MemUop: depth = PlaceBits'(UopDepth);
      MemWgt: depth = PlaceBits'(WgtDepth);
      MemInp: depth = PlaceBits'(InpDepth);
      MemPrm: depth = PlaceBits'(PrmDepth);
      default: depth = PlaceBits'(AccDepth);
    endcase
  end
  assign stop = elements_q + PlaceBits'(insn_q[LoadSramBaseLsb +: LoadSramBaseW]);
  assign beyond = moves && stop > depth;

  assign insn_o = insn_q;
  assign to_load_o = to_load && legal;
  assign to_store_o = to_store && legal;
  always_comb begin
    fault_o = 4'(ErrorNone);
    if (!legal) fault_o = 4'(ErrorEncoding);
    else if (beyond) fault_o = 4'(ErrorBounds);
    else if (finish && !last_q) fault_o = 4'(ErrorOrder);
    else if (last_q && !finish) fault_o = 4'(ErrorNoFinish);
  end

  initial begin
    if (LoadSramBaseLsb != StoreSramBaseLsb || LoadYSizeLsb != StoreYSizeLsb || LoadXSizeLsb != StoreXSizeLsb ||
        LoadMemTypeLsb != StoreMemTypeLsb) $fatal(1, "LOAD and STORE differ in their layout");
  end
endmodule
