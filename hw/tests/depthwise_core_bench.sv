// depthwise_core against sums in plain integers: one, two and four taps, with 1 to 3 stages, one step per cycle.
module depthwise_core_bench;
  `include "bench.svh"

  logic [3:0]    valid = 4'd0;
  logic [1023:0] inp;
  logic [511:0]  wgt;
  logic [2:0]    row;
  logic [127:0]  sum_1;
  logic [511:0]  sum_2, sum_4;
  always_ff @(posedge clk) valid <= {valid[2:0], 1'b1};
  depthwise_core #(.Batch(1), .Block(4), .Taps(1), .Stages(1)) u_1 (
    .clk_i(clk), .valid_i(1'b1), .inp_i(inp[31:0]), .wgt_i(wgt[127:0]), .row_i(row[1:0]), .sum_valid_i(1'b1), .sum_o(sum_1)
  );
  depthwise_core #(.Batch(2), .Block(8), .Taps(2), .Stages(2)) u_2 (
    .clk_i(clk), .valid_i({valid[0], 1'b1}), .inp_i(inp[255:0]), .wgt_i(wgt), .row_i({row[2:1], 1'b0}), .sum_valid_i(1'b1), .sum_o(sum_2)
  );
  depthwise_core #(.Batch(2), .Block(8), .Taps(4), .Stages(3)) u_4 (
    .clk_i(clk), .valid_i({valid[1:0], 1'b1}), .inp_i(inp[511:0]), .wgt_i(wgt), .row_i({row[2], 2'b0}), .sum_valid_i(1'b1), .sum_o(sum_4)
  );

  function automatic integer expected(input integer block, input integer taps, input integer first, input integer b, input integer o);
    integer t;
    begin
      expected = 0;
      for (t = 0; t < taps; t = t + 1) begin
        expected = expected + $signed(inp[(t*((block == 4) ? 1 : 2)*block+b*block+o)*8 +: 8]) * $signed(wgt[((first+t)*block+o)*8 +: 8]);
      end
    end
  endfunction

  integer       i, k, seed = 9;
  logic [127:0] expected_1 [0:1023];
  logic [511:0] expected_2 [0:1023];
  logic [511:0] expected_4 [0:1023];
  initial begin
    for (i = 0; i < 1000; i = i + 1) begin
      @(negedge clk);
      for (k = 0; k < 32; k = k + 1) inp[k*32 +: 32] = (i % 5 == 0) ? 32'h80808080 : $random(seed);
      for (k = 0; k < 16; k = k + 1) wgt[k*32 +: 32] = (i % 7 == 0) ? 32'h80808080 : $random(seed);
      row = $random(seed);
      for (k = 0; k < 4; k = k + 1) expected_1[i][k*32 +: 32] = expected(4, 1, row[1:0], 0, k);
      for (k = 0; k < 16; k = k + 1) expected_2[i][k*32 +: 32] = expected(8, 2, row & 6, k / 8, k % 8);
      for (k = 0; k < 16; k = k + 1) expected_4[i][k*32 +: 32] = expected(8, 4, row & 4, k / 8, k % 8);
      if (i >= 20) begin
        check(sum_1 === expected_1[i-1], 1);
        check(sum_2 === expected_2[i-2], 2);
        check(sum_4 === expected_4[i-3], 3);
      end
    end
    finish_bench;
  end
endmodule
