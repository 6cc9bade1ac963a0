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
  input  logic [32*Lanes-1:0]  dst_i,        // as read
  input  logic [32*Lanes-1:0]  src_i,
  // Whether a younger result takes its place: that of the step before, or of the one before that.
  input  logic                 dst_before_i,
  input  logic                 dst_before_last_i,
  input  logic                 src_before_i,
  input  logic                 src_before_last_i,
  input  logic [32*Lanes-1:0]  before_last_i,
  output logic [32*Lanes-1:0]  result_o
);
  `include "isa.svh"
  `include "alu_lane.svh"
  `include "alu_lanes.svh"

  logic [32*Lanes-1:0]    result_q, dst, src;
  logic [32*AluLanes-1:0] alu, a, b;
  logic [31:0]            first;  // lane of the group
  assign result_o = result_q;
  assign first = (Groups > 1) ? 32'(group_i) * AluLanes : 32'd0;

  // Unknown where there is nothing to do: no gates, and no work for a simulator.
  always_comb begin
    dst = 'x;
    src = 'x;
    a = 'x;
    b = 'x;
    alu = 'x;
    if (valid_i) begin
      dst = dst_before_i ? result_q : dst_before_last_i ? before_last_i : dst_i;
      if (alu_i) begin
        src = use_imm_i ? {Lanes{imm_i}} : src_before_i ? result_q : src_before_last_i ? before_last_i : src_i;
        a = dst[32*first +: 32*AluLanes];
        b = src[32*first +: 32*AluLanes];
        if (ExtendedAlu > 0 && extended_i) alu = alu_extended_lanes(operation_i, a, b, imm_i);
        else alu = alu_lanes(operation_i[2:0], a, b);
      end
    end
  end

  // (a process for each group: a part of the element that an index chooses would cost shifters as wide as the element)
  genvar g;
  for (g = 0; g < Groups; g++) begin : gen_group
    always_ff @(posedge clk_i) begin
      if (valid_i) begin
        if (alu_i) begin
          if (Groups == 1 || group_i == GroupBits'(g)) result_q[32*AluLanes*g +: 32*AluLanes] <= alu;
        end else if (reset_i) begin
          // verilator lint_off WIDTHCONCAT
          // (the widest element has 16,384 bits)
          result_q[32*AluLanes*g +: 32*AluLanes] <= '0;
          // verilator lint_on WIDTHCONCAT
        end else begin
          for (int l = 0; l < AluLanes; l++) begin
            result_q[32*(AluLanes*g+l) +: 32] <= (overwrite_i ? 32'd0 : dst[32*(AluLanes*g+l) +: 32]) + dot_i[32*(AluLanes*g+l) +: 32];
          end
        end
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
