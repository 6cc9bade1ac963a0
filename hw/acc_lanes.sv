// What an accumulator element becomes by a step of GEMM or MAC, in one cycle, or of the ALU, AluLanes lanes per cycle. Registered: lanes
// that a cycle does not name keep their value, so that an element is complete with its last group.
module acc_lanes #(
  parameter int Batch = 1,
  parameter int BlockIn = 16,
  parameter int BlockOut = 16,
  parameter int UopDepth = 8192,
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int AluLanes = 16,
  parameter int ExtendedAlu = 1,
  localparam int Lanes = Batch * BlockOut,
  localparam int Groups = Lanes / AluLanes,
  localparam int GroupBits = (Groups > 1) ? $clog2(Groups) : 1
) (
  input  logic                 clk_i,
  input  logic                 valid_i,
  input  logic                 alu_i,        // else dst + dot
  input  logic                 reset_i,      // of GEMM: zero
  input  logic                 overwrite_i,  // of GEMM and MAC: dot
  input  logic                 extended_i,   // of the ALU: ALU_EXTENDED
  input  logic [6:0]           operation_i,
  input  logic                 use_imm_i,
  input  logic [31:0]          imm_i,
  input  logic [GroupBits-1:0] group_i,      // of lanes that the ALU takes
  input  logic [32*Lanes-1:0]  dot_i,
  input  logic [32*Lanes-1:0]  dst_i,
  input  logic [32*Lanes-1:0]  src_i,
  output logic [32*Lanes-1:0]  result_o
);
  `include "isa.svh"
  `include "alu_lane.svh"

  logic [32*Lanes-1:0]    result_q;
  logic [32*AluLanes-1:0] alu;
  logic [31:0]            first;  // lane of the group
  assign result_o = result_q;
  assign first = (Groups > 1) ? 32'(group_i) * AluLanes : 32'd0;

  // Unknown where there is nothing to do: no gates, and no work for a simulator.
  always_comb begin
    alu = 'x;
    if (valid_i && alu_i) begin
      for (int l = 0; l < AluLanes; l++) begin
        if (ExtendedAlu > 0 && extended_i) begin
          alu[32*l +: 32] = alu_extended_op(operation_i, dst_i[32*(first+l) +: 32], use_imm_i ? imm_i : src_i[32*(first+l) +: 32], imm_i);
        end else begin
          alu[32*l +: 32] = alu_op(operation_i[2:0], dst_i[32*(first+l) +: 32], use_imm_i ? imm_i : src_i[32*(first+l) +: 32]);
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      if (alu_i) begin
        if (Groups > 1) result_q[32*first +: 32*AluLanes] <= alu;
        else result_q <= (32*Lanes)'(alu);
      end else if (reset_i) begin
        // verilator lint_off WIDTHCONCAT
        // (the widest element has 16,384 bits)
        result_q <= '0;
        // verilator lint_on WIDTHCONCAT
      end else begin
        for (int l = 0; l < Lanes; l++) result_q[32*l +: 32] <= (overwrite_i ? 32'd0 : dst_i[32*l +: 32]) + dot_i[32*l +: 32];
      end
    end
  end

  initial begin
    if (AluLanes < 1 || AluLanes > Lanes || (AluLanes & (AluLanes - 1)) != 0) begin
      $fatal(1, "AluLanes must be a power of two, at most Batch * BlockOut");
    end
  end

`ifdef VERILATOR
  OperationKnown: assert property (@(posedge clk_i) (valid_i && alu_i) |->
      (extended_i ? AluExtendedOpLegal[operation_i] : AluOpLegal[operation_i[2:0]]));
`endif
endmodule
