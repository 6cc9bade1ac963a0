// One result of GEMM or ALU per cycle: what an accumulator element becomes. Registered.
module acc_lanes #(
  parameter int Batch = 1,
  parameter int BlockIn = 16,
  parameter int BlockOut = 16,
  parameter int UopDepth = 8192,
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  localparam int Lanes = Batch * BlockOut
) (
  input  logic                clk_i,
  input  logic                valid_i,
  input  logic                alu_i,      // else GEMM: dst + dot
  input  logic                reset_i,    // of GEMM: zero
  input  logic [2:0]          opcode_i,
  input  logic                use_imm_i,
  input  logic [15:0]         imm_i,      // signed
  input  logic [32*Lanes-1:0] dot_i,
  input  logic [32*Lanes-1:0] dst_i,
  input  logic [32*Lanes-1:0] src_i,
  output logic [32*Lanes-1:0] result_o
);
  `include "isa.svh"
  `include "alu_lane.svh"

  logic [32*Lanes-1:0] result_q;
  logic [31:0]         imm;
  assign imm = {{16{imm_i[15]}}, imm_i};
  assign result_o = result_q;

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      if (alu_i) begin
        for (int l = 0; l < Lanes; l++) begin
          result_q[32*l +: 32] <= alu_op(opcode_i, dst_i[32*l +: 32], use_imm_i ? imm : src_i[32*l +: 32]);
        end
      end else if (reset_i) begin
        // verilator lint_off WIDTHCONCAT
        // (the widest element has 16,384 bits)
        result_q <= '0;
        // verilator lint_on WIDTHCONCAT
      end else begin
        for (int l = 0; l < Lanes; l++) result_q[32*l +: 32] <= dst_i[32*l +: 32] + dot_i[32*l +: 32];
      end
    end
  end

`ifdef VERILATOR
  OperationKnown: assert property (@(posedge clk_i) (valid_i && alu_i) |-> AluOpLegal[opcode_i]);
`endif
endmodule
