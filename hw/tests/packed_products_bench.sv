// Two products in one multiplier of gemm_core against plain ones: every input with every lower weight beside an upper one, and every triple
// of edge values.
module packed_products_bench;
  `include "bench.svh"

  logic [31:0]  inp;
  logic [127:0] wgt;
  logic [127:0] sums;
  gemm_core #(.Batch(1), .BlockIn(4), .BlockOut(4), .DspPacking(1)) u_packed (
    .clk_i(clk), .valid_i(2'b11), .inp_i(inp), .wgt_i(wgt), .other_valid_i(1'b0), .other_i(128'd0), .sum_o(sums)
  );

  // Outputs 0 and 2 share multipliers, as do 1 and 3: each lane makes value x low and value x high for both pairs.
  task check_pairs(input logic [31:0] values, input logic [31:0] low, input logic [31:0] high);
    integer l, sum_low, sum_high;
    begin
      inp = values;
      wgt = {high, high, low, low};
      sum_low = 0;
      sum_high = 0;
      for (l = 0; l < 4; l = l + 1) begin
        sum_low = sum_low + $signed(values[8*l +: 8]) * $signed(low[8*l +: 8]);
        sum_high = sum_high + $signed(values[8*l +: 8]) * $signed(high[8*l +: 8]);
      end
      repeat (2) @(negedge clk);
      check(sums === {sum_high, sum_high, sum_low, sum_low}, 1);
    end
  endtask

  localparam logic [63:0] Edges = {8'h80, 8'h81, 8'hff, 8'h00, 8'h01, 8'h40, 8'h7e, 8'h7f};
  integer i, j;
  initial begin
    for (i = 0; i < 256; i = i + 1) begin
      for (j = 0; j < 256; j = j + 4) begin
        check_pairs({4{i[7:0]}}, {j[7:0] + 8'd3, j[7:0] + 8'd2, j[7:0] + 8'd1, j[7:0]}, {4{Edges[8*(j/4%8) +: 8]}});
      end
    end
    for (i = 0; i < 512; i = i + 1) begin  // alone in a lane
      check_pairs({24'd0, Edges[8*(i%8) +: 8]}, {24'd0, Edges[8*(i/8%8) +: 8]}, {24'd0, Edges[8*(i/64) +: 8]});
    end
    finish_bench;
  end
endmodule
