// gemm_core against sums in plain integers, extremes included, one step per cycle: the smallest adder tree, one with an odd number of
// levels and two rows, and one of several chunks; each also with two products in one multiplier.
module gemm_core_bench;
  `include "bench.svh"

  logic [7:0]    valid = 8'd0;
  logic [1023:0] inp;
  logic [4095:0] wgt;
  logic [127:0]  sum_4;
  logic [255:0]  sum_8;
  logic [255:0]  sum_64;
  gemm_core #(.Batch(1), .BlockIn(4), .BlockOut(4)) u_4 (
    .clk_i(clk), .valid_i(valid[1:0]), .inp_i(inp[31:0]), .wgt_i(wgt[127:0]), .other_valid_i(1'b0), .other_i(128'd0), .sum_o(sum_4)
  );
  gemm_core #(.Batch(2), .BlockIn(8), .BlockOut(4)) u_8 (
    .clk_i(clk), .valid_i(valid[2:0]), .inp_i(inp[127:0]), .wgt_i(wgt[255:0]), .other_valid_i(1'b0), .other_i(256'd0), .sum_o(sum_8)
  );
  gemm_core #(.Batch(1), .BlockIn(64), .BlockOut(8)) u_64 (
    .clk_i(clk), .valid_i(valid[3:0]), .inp_i(inp[511:0]), .wgt_i(wgt), .other_valid_i(1'b0), .other_i(256'd0), .sum_o(sum_64)
  );

  logic [127:0]  packed_4;
  logic [255:0]  packed_8;
  logic [255:0]  packed_64;
  gemm_core #(.Batch(1), .BlockIn(4), .BlockOut(4), .DspPacking(1)) u_packed_4 (
    .clk_i(clk), .valid_i(valid[1:0]), .inp_i(inp[31:0]), .wgt_i(wgt[127:0]), .other_valid_i(1'b0), .other_i(128'd0), .sum_o(packed_4)
  );
  gemm_core #(.Batch(2), .BlockIn(8), .BlockOut(4), .DspPacking(1)) u_packed_8 (
    .clk_i(clk), .valid_i(valid[2:0]), .inp_i(inp[127:0]), .wgt_i(wgt[255:0]), .other_valid_i(1'b0), .other_i(256'd0), .sum_o(packed_8)
  );
  gemm_core #(.Batch(1), .BlockIn(64), .BlockOut(8), .DspPacking(1)) u_packed_64 (
    .clk_i(clk), .valid_i(valid[3:0]), .inp_i(inp[511:0]), .wgt_i(wgt), .other_valid_i(1'b0), .other_i(256'd0), .sum_o(packed_64)
  );

  // Word r * BlockOut + o of the result.
  function automatic integer expected(input integer block_in, input integer row, input integer out);
    integer i;
    begin
      expected = 0;
      for (i = 0; i < block_in; i = i + 1) begin
        expected = expected + $signed(inp[(row*block_in+i)*8 +: 8]) * $signed(wgt[(out*block_in+i)*8 +: 8]);
      end
    end
  endfunction

  integer i, k, seed = 5;
  logic [127:0] expected_4 [0:399];
  logic [255:0] expected_8 [0:399];
  logic [255:0] expected_64 [0:399];
  always_ff @(posedge clk) valid <= {valid[6:0], 1'b1};

  initial begin
    for (i = 0; i < 400; i = i + 1) begin
      @(negedge clk);
      for (k = 0; k < 32; k = k + 1) inp[k*32 +: 32] = (i % 5 == 0) ? 32'h80808080 : $random(seed);
      for (k = 0; k < 128; k = k + 1) wgt[k*32 +: 32] = (i % 7 == 0) ? 32'h80808080 : (i % 11 == 0) ? 32'h7f7f7f7f : $random(seed);
      for (k = 0; k < 4; k = k + 1) expected_4[i][k*32 +: 32] = expected(4, 0, k);
      for (k = 0; k < 8; k = k + 1) expected_8[i][k*32 +: 32] = expected(8, k / 4, k % 4);
      for (k = 0; k < 8; k = k + 1) expected_64[i][k*32 +: 32] = expected(64, 0, k);
      // Operands of step i are taken at the next edge; results follow one stage for the products and one for two levels later.
      if (i >= 20) begin
        check(sum_4 === expected_4[i-2], 1);
        check(sum_8 === expected_8[i-3], 2);
        check(sum_64 === expected_64[i-4], 3);
        check(packed_4 === expected_4[i-2], 4);
        check(packed_8 === expected_8[i-3], 5);
        check(packed_64 === expected_64[i-4], 6);
      end
    end
    finish_bench;
  end
endmodule
