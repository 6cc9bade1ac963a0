// requantize_lanes, the second of two, against both rules in plain 64-bit integers: edge values and random ones, one per cycle.
module requantize_lanes_bench;
  `include "bench.svh"
  localparam int Latency = 13;

  logic [Latency-1:0] valid = 13'd0;
  logic [3:0]         cycle = 4'd0;
  logic               tflite = 1'b0;
  logic [31:0]        acc, bias;
  logic [30:0]        multiplier;
  logic [4:0]         left, right;
  logic [23:0]        bounds;
  logic [31:0]        result;
  logic [7:0]         narrow;
  logic [63:0]        results;
  logic [15:0]        narrows;
  requantize_lanes #(.Lanes(2)) u_lanes (
    .clk_i(clk),
    .valid_i({valid[Latency-2:0], 1'b1}),
    .time_i(cycle),
    .tflite_i(tflite),
    .acc_i({acc, ~acc}),
    .prm_i({8'd0, bounds, 16'd0, 3'd0, right, 3'd0, left, 1'b0, multiplier, bias, 128'd0}),
    .result_o(results),
    .narrow_o(narrows)
  );
  assign result = results[63:32];
  assign narrow = narrows[15:8];
  always_ff @(posedge clk) begin
    valid <= {valid[Latency-2:0], 1'b1};
    cycle <= cycle + 4'd1;
  end

  `include "requantize_rule.svh"

  logic [31:0]        edge_of [0:7];
  logic [31:0]        expected [0:16383];
  logic [7:0]         expected_narrow [0:16383];
  integer i, seed = 7;

  initial begin
    edge_of[0] = 32'h80000000;
    edge_of[1] = 32'h7fffffff;
    edge_of[2] = 32'hffffffff;
    edge_of[3] = 32'h00000000;
    edge_of[4] = 32'h00000001;
    edge_of[5] = 32'h40000000;
    edge_of[6] = 32'hc0000000;
    edge_of[7] = 32'h80000001;
    for (i = 0; i < 12000; i = i + 1) begin
      @(negedge clk);
      // The rule is one of an instruction, between which the lane drains.
      if (i == 6000) begin
        tflite = 1'b1;
        repeat (Latency) @(negedge clk);
      end
      acc = (i % 3 == 0) ? edge_of[$random(seed) & 7] : $random(seed) >>> ($random(seed) & 31);
      bias = (i % 5 == 0) ? 32'd0 : $random(seed) >>> ($random(seed) & 31);
      multiplier = (i % 7 == 0) ? edge_of[$random(seed) & 7] : $random(seed);
      left = (i % 2 == 0) ? 5'd0 : $random(seed);
      right = (i % 4 == 0) ? 5'd0 : $random(seed);
      bounds = (i % 11 == 0) ? 24'h7f8000 : $random(seed);
      expected[i] = rule(tflite, acc + bias, multiplier, left, right);
      expected_narrow[i] = clamped({{32{expected[i][31]}}, expected[i]}, bounds);
      // What was given before the last edge is at stage 0; results follow Latency edges after their operands.
      if (i >= 20 && (i < 6000 || i >= 6000 + Latency)) begin
        check(result === expected[i-Latency], 1);
        check(narrow === expected_narrow[i-Latency], 2);
      end
    end
    finish_bench;
  end
endmodule
