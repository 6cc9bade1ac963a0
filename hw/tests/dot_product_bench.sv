// dot_product of 8 and of 64 lanes against a sum in plain integers, extremes included, one result per cycle.
module dot_product_bench;
  `include "bench.svh"

  logic [7:0] valid = 8'd0;
  logic [511:0] a, b;
  logic [31:0]  sum_8, sum_64;
  dot_product #(.Lanes(8)) u_8 (.clk_i(clk), .valid_i(valid[2:0]), .a_i(a[63:0]), .b_i(b[63:0]), .sum_o(sum_8));
  dot_product #(.Lanes(64)) u_64 (.clk_i(clk), .valid_i(valid[3:0]), .a_i(a), .b_i(b), .sum_o(sum_64));

  integer i, k, seed = 5, total;
  integer expected_8 [0:2047], expected_64 [0:2047];
  always_ff @(posedge clk) valid <= {valid[6:0], 1'b1};

  initial begin
    for (i = 0; i < 2000; i = i + 1) begin
      @(negedge clk);
      for (k = 0; k < 16; k = k + 1) begin
        a[k*32 +: 32] = (i % 5 == 0) ? 32'h80808080 : $random(seed);
        b[k*32 +: 32] = (i % 7 == 0) ? 32'h80808080 : $random(seed);
      end
      total = 0;
      for (k = 0; k < 64; k = k + 1) begin
        total = total + $signed(a[k*8 +: 8]) * $signed(b[k*8 +: 8]);
        if (k == 7) expected_8[i] = total;
      end
      expected_64[i] = total;
      // Inputs of step i are taken at the next edge; the results of 8 lanes follow 3 cycles later, of 64 lanes 4.
      if (i >= 20) begin
        check(sum_8 === expected_8[i-3], 1);
        check(sum_64 === expected_64[i-4], 2);
      end
    end
    finish_bench;
  end
endmodule
