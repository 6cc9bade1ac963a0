// The multiplier array: one dot product of block_in lanes for each row of the input and each row of the weight, every cycle.
module gemm_core #(
  parameter int Batch = 1,
  parameter int BlockIn = 16,
  parameter int BlockOut = 16,
  localparam int Stages = ($clog2(BlockIn) + 1) / 2
) (
  input  logic                           clk_i,
  input  logic [Stages:0]                valid_i,  // as of dot_product
  input  logic [Batch*BlockIn*8-1:0]     inp_i,    // [batch][in]
  input  logic [BlockOut*BlockIn*8-1:0]  wgt_i,    // [out][in]
  output logic [Batch*BlockOut*32-1:0]   sum_o     // [batch][out]
);
  genvar b, o;
  for (b = 0; b < Batch; b++) begin : gen_batch
    for (o = 0; o < BlockOut; o++) begin : gen_out
      dot_product #(.Lanes(BlockIn)) u_dot (
        .clk_i,
        .valid_i,
        .a_i(inp_i[b*BlockIn*8 +: BlockIn*8]),
        .b_i(wgt_i[o*BlockIn*8 +: BlockIn*8]),
        .sum_o(sum_o[(b*BlockOut+o)*32 +: 32])
      );
    end
  end

  initial begin
    if (BlockIn < 4 || (BlockIn & (BlockIn - 1)) != 0) $fatal(1, "BlockIn must be a power of two, at least 4");
  end

`ifdef VERILATOR
  StagesFollow: assert property (@(posedge clk_i) valid_i[0] |=> valid_i[1]);
`endif
endmodule
