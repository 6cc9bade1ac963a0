// Both rules of REQUANTIZE in plain 64-bit integers, as TFLite and gemmlowp state them. Include it inside a bench.
function automatic logic signed [63:0] saturate(input logic signed [63:0] x);
  saturate = (x > 64'sd2147483647) ? 64'sd2147483647 : (x < -64'sd2147483648) ? -64'sd2147483648 : x;
endfunction
// The value without zero point, in 64 bits.
function automatic logic signed [63:0] rule(input logic tflite, input logic signed [31:0] x, input logic [30:0] multiplier,
                                            input logic [4:0] left, input logic [4:0] right);
  logic signed [31:0] y;
  logic signed [63:0] product, high, mask, remainder;
  integer shift;
  begin
    if (tflite) begin
      y = x << left;
      product = y * $signed({33'd0, multiplier});
      high = saturate((product + 64'sd1073741824) >>> 31);
      mask = (64'sd1 << right) - 64'sd1;
      remainder = high & mask;
      rule = (high >>> right) + ((remainder > (mask >>> 1) + ((high < 64'sd0) ? 64'sd1 : 64'sd0)) ? 64'sd1 : 64'sd0);
    end else begin
      shift = 31 + right - left;
      product = x * $signed({33'd0, multiplier});
      rule = saturate((shift == 0) ? product : (product + (64'sd1 << (shift - 1))) >>> shift);
    end
  end
endfunction
// With zero point and bounds {hi, lo, zero point}, in 8 bits.
function automatic logic [7:0] clamped(input logic signed [63:0] value, input logic [23:0] bounds);
  logic signed [31:0] moved, lo, hi;
  begin
    lo = $signed(bounds[15:8]);
    hi = $signed(bounds[23:16]);
    moved = value[31:0] + {{24{bounds[7]}}, bounds[7:0]};
    if (moved < lo) moved = lo;
    if (moved > hi) moved = hi;
    clamped = moved[7:0];
  end
endfunction

// Parameters of four channels: any bias and multiplier, shifts that leave something, bounds of int8.
task automatic draw_parameters(inout integer seed, output reg [511:0] parameters);
  integer channel;
  for (channel = 0; channel < 4; channel = channel + 1) begin
    parameters[128 * channel +: 128] = {8'd0, 24'h7f8003, 16'd0, 8'd0, 8'd0, $random(seed), $random(seed)};
    parameters[128 * channel + 64 +: 5] = {$random(seed)} % 3;
    parameters[128 * channel + 72 +: 5] = {$random(seed)} % 12;
  end
endtask
