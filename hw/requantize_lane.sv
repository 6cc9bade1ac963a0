// One lane of REQUANTIZE: bias, multiplication, rounding shifts (rule `single` or `tflite` of isa.yaml), zero point and clamp. One value
// per cycle, latency 13 cycles; a register after every adder, multiplier and half of a long shift.
//
// Both rules are one: x << pre, times the multiplier, rounded shift right, saturation, rounded shift right (`single` uses neither
// the pre-shift nor the last shift).
module requantize_lane #(
  localparam int Stages = 13
) (
  input  logic              clk_i,
  input  logic [Stages-1:0] valid_i,    // stage s takes its inputs
  input  logic [3:0]        time_i,     // counts cycles
  input  logic              tflite_i,   // stable while any stage is valid
  input  logic [31:0]       acc_i,
  input  logic [31:0]       bias_i,
  input  logic [30:0]       multiplier_i,
  input  logic [4:0]        left_i,
  input  logic [4:0]        right_i,
  input  logic [23:0]       bounds_i,   // {hi, lo, zero point}
  output logic [31:0]       result_o,   // without zero point and clamp
  output logic [7:0]        narrow_o    // with them
);
  // 0: operands. 1: bias. 2: pre-shift.
  logic [31:0] acc_q, bias_q, x_q, y_q;
  logic [30:0] multiplier_0_q, multiplier_1_q, multiplier_2_q;
  logic [4:0]  left_0_q, left_1_q, right_0_q, right_1_q;
  logic [10:0] shift_2_q, shift_3_q, shift_4_q, shift_5_q;  // {last shift, first shift}
  logic [2:0]  fine_6_q;
  logic [4:0]  last_6_q;
  logic [4:0]  last_7_q;
  logic [5:0]  single_shift;
  assign single_shift = 6'd31 + 6'(right_1_q) - 6'(left_1_q);
  always_ff @(posedge clk_i) begin
    if (valid_i[0]) begin
      acc_q <= acc_i;
      bias_q <= bias_i;
      multiplier_0_q <= multiplier_i;
      left_0_q <= left_i;
      right_0_q <= right_i;
    end
    if (valid_i[1]) begin
      x_q <= acc_q + bias_q;
      multiplier_1_q <= multiplier_0_q;
      left_1_q <= left_0_q;
      right_1_q <= right_0_q;
    end
    if (valid_i[2]) begin
      y_q <= tflite_i ? x_q << left_1_q : x_q;
      multiplier_2_q <= multiplier_1_q;
      shift_2_q <= tflite_i ? {right_1_q, 6'd31} : {5'd0, single_shift};
    end
  end

  // What is needed at the end waits in a small memory: written by stage 0, read ahead of stages 11 and 12.
  logic [23:0] bounds [0:15];
  logic [7:0]  zero_point_q;
  logic [15:0] range_q;
  logic [3:0]  zero_point_time, range_time;
  assign zero_point_time = time_i - 4'd10;
  assign range_time = time_i - 4'd11;
  always_ff @(posedge clk_i) begin
    if (valid_i[0]) bounds[time_i] <= bounds_i;
  end
  always_ff @(posedge clk_i) begin
    if (valid_i[10]) zero_point_q <= bounds[zero_point_time][7:0];
    if (valid_i[11]) range_q <= bounds[range_time][23:8];
  end

  // 3: four partial products. 4: their sum, and half a unit of the last place kept.
  logic [31:0]        low_low_q;
  logic signed [32:0] high_low_q;
  logic [30:0]        low_high_q;
  logic signed [31:0] high_high_q;
  logic signed [63:0] product_q, half_q;
  always_ff @(posedge clk_i) begin
    if (valid_i[3]) begin
      low_low_q <= 32'(y_q[15:0]) * 32'(multiplier_2_q[15:0]);
      high_low_q <= 33'($signed(y_q[31:16])) * 33'($signed({1'b0, multiplier_2_q[15:0]}));
      low_high_q <= 31'(y_q[15:0]) * 31'(multiplier_2_q[30:16]);
      high_high_q <= 32'($signed(y_q[31:16])) * 32'($signed({1'b0, multiplier_2_q[30:16]}));
      shift_3_q <= shift_2_q;
    end
    if (valid_i[4]) begin
      product_q <= $signed({high_high_q, 32'd0}) + $signed({{15{high_low_q[32]}}, high_low_q, 16'd0}) +
                   $signed({17'd0, low_high_q, 16'd0}) + $signed({32'd0, low_low_q});
      half_q <= (shift_3_q[5:0] == 6'd0) ? 64'sd0 : $signed(64'd1 << (shift_3_q[5:0] - 6'd1));
      shift_4_q <= shift_3_q;
    end
  end

  // 5 to 8: the rounded shift, eight bits at a time and then the rest, saturated.
  logic signed [63:0] rounded_q, coarse_q, fine_q;
  logic [31:0]        high_q;
  always_ff @(posedge clk_i) begin
    if (valid_i[5]) begin
      rounded_q <= product_q + half_q;
      shift_5_q <= shift_4_q;
    end
    if (valid_i[6]) begin
      coarse_q <= rounded_q >>> {shift_5_q[5:3], 3'd0};
      fine_6_q <= shift_5_q[2:0];
      last_6_q <= shift_5_q[10:6];
    end
    if (valid_i[7]) begin
      fine_q <= coarse_q >>> fine_6_q;
      last_7_q <= last_6_q;
    end
    if (valid_i[8]) high_q <= (fine_q[63:31] == '0 || fine_q[63:31] == '1) ? fine_q[31:0] : {fine_q[63], {31{!fine_q[63]}}};
  end

  // 9 and 10: the last shift, halves away from zero. 11: zero point. 12: clamp.
  logic [4:0]         last_8_q, last_9_q;
  logic signed [32:0] away_q;
  logic [31:0]        r_q, r_11_q, moved_q, result_q;
  logic [7:0]         narrow_q;
  logic signed [7:0]  lo, hi;
  logic [32:0]        last_half;
  assign last_half = (last_8_q == 5'd0) ? 33'd0 : (33'd1 << (last_8_q - 5'd1)) - 33'(high_q[31]);
  assign lo = range_q[7:0];
  assign hi = range_q[15:8];
  always_ff @(posedge clk_i) begin
    if (valid_i[8]) last_8_q <= last_7_q;
    if (valid_i[9]) begin
      away_q <= $signed({high_q[31], high_q} + last_half);
      last_9_q <= last_8_q;
    end
    if (valid_i[10]) r_q <= 32'(away_q >>> last_9_q);
    if (valid_i[11]) begin
      moved_q <= r_q + {{24{zero_point_q[7]}}, zero_point_q};
      r_11_q <= r_q;
    end
    if (valid_i[12]) begin
      result_q <= r_11_q;
      // The upper bound wins, as in min(max(x, lo), hi).
      narrow_q <= ($signed(moved_q) > 32'(hi) || lo > hi) ? hi : ($signed(moved_q) < 32'(lo)) ? lo : moved_q[7:0];
    end
  end
  assign result_o = result_q;
  assign narrow_o = narrow_q;

`ifdef VERILATOR
  Clamped: assert property (@(posedge clk_i) (valid_i[12] && lo <= hi) |=>
      ($signed(narrow_q) >= $signed($past(range_q[7:0])) && $signed(narrow_q) <= $signed($past(range_q[15:8]))));
`endif
endmodule
