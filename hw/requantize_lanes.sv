// Lanes of REQUANTIZE: bias, multiplication, rounding shifts (rule `single` or `tflite` of isa.yaml), zero point and clamp. One value
// per lane and cycle, latency 13 cycles; a register after every multiplier, every two levels of adders and each half of a long shift.
//
// Both rules are one: x << pre, times the multiplier, rounded shift right, saturation, rounded shift right (`single` uses neither
// the pre-shift nor the last shift).
module requantize_lanes #(
  parameter int Lanes = 16,
  localparam int Stages = 13
) (
  input  logic                 clk_i,
  input  logic [Stages-1:0]    valid_i,    // stage s takes its inputs
  input  logic [3:0]           time_i,     // counts cycles
  input  logic                 tflite_i,   // stable while any stage is valid
  input  logic [32*Lanes-1:0]  acc_i,
  input  logic [128*Lanes-1:0] prm_i,      // as isa.yaml lays them out
  output logic [32*Lanes-1:0]  result_o,   // without zero point and clamp
  output logic [8*Lanes-1:0]   narrow_o    // with them
);
  // 0: operands. 1: bias. 2: pre-shift.
  logic [32*Lanes-1:0] acc_q, bias_q, x_q, y_q;
  logic [32*Lanes-1:0] multiplier_0_q, multiplier_1_q, multiplier_2_q;
  logic [8*Lanes-1:0]  left_0_q, left_1_q, right_0_q, right_1_q;
  logic [8*Lanes-1:0]  first_2_q, first_3_q, first_4_q, first_5_q, first_6_q;           // the first shift
  logic [8*Lanes-1:0]  last_2_q, last_3_q, last_4_q, last_5_q, last_6_q, last_7_q, last_8_q, last_9_q;  // the last
  logic [24*Lanes-1:0] bounds;
  always_comb begin
    bounds = 'x;
    if (valid_i[0]) begin
      for (int l = 0; l < Lanes; l++) bounds[24*l +: 24] = prm_i[128*l+96 +: 24];
    end
  end
  always_ff @(posedge clk_i) begin
    if (valid_i[0]) begin
      acc_q <= acc_i;
      for (int l = 0; l < Lanes; l++) begin
        bias_q[32*l +: 32] <= prm_i[128*l +: 32];
        multiplier_0_q[32*l +: 32] <= {1'b0, prm_i[128*l+32 +: 31]};
        left_0_q[8*l +: 8] <= {3'd0, prm_i[128*l+64 +: 5]};
        right_0_q[8*l +: 8] <= {3'd0, prm_i[128*l+72 +: 5]};
      end
    end
    if (valid_i[1]) begin
      for (int l = 0; l < Lanes; l++) x_q[32*l +: 32] <= acc_q[32*l +: 32] + bias_q[32*l +: 32];
      multiplier_1_q <= multiplier_0_q;
      left_1_q <= left_0_q;
      right_1_q <= right_0_q;
    end
    if (valid_i[2]) begin
      for (int l = 0; l < Lanes; l++) begin
        y_q[32*l +: 32] <= tflite_i ? x_q[32*l +: 32] << left_1_q[8*l +: 5] : x_q[32*l +: 32];
        first_2_q[8*l +: 8] <= tflite_i ? 8'd31 : 8'd31 + right_1_q[8*l +: 8] - left_1_q[8*l +: 8];
        last_2_q[8*l +: 8] <= tflite_i ? right_1_q[8*l +: 8] : 8'd0;
      end
      multiplier_2_q <= multiplier_1_q;
    end
  end

  // What is needed at the end waits in a small memory: written by stage 0, read ahead of stages 11 and 12.
  logic [24*Lanes-1:0] bounds_mem [0:15];  // {hi, lo, zero point}
  logic [24*Lanes-1:0] zero_point_q, range_q;
  logic [3:0]          zero_point_time, range_time;
  assign zero_point_time = time_i - 4'd10;
  assign range_time = time_i - 4'd11;
  always_ff @(posedge clk_i) begin
    if (valid_i[0]) bounds_mem[time_i] <= bounds;
  end
  always_ff @(posedge clk_i) begin
    if (valid_i[10]) zero_point_q <= bounds_mem[zero_point_time];
    if (valid_i[11]) range_q <= bounds_mem[range_time];
  end

  // 3: four partial products. 4: their sum, and half a unit of the last place kept.
  logic [32*Lanes-1:0] low_low_q, low_high_q, high_high_q;
  logic [64*Lanes-1:0] high_low_q, product_q, half_q;
  always_ff @(posedge clk_i) begin
    if (valid_i[3]) begin
      for (int l = 0; l < Lanes; l++) begin
        low_low_q[32*l +: 32] <= 32'(y_q[32*l +: 16]) * 32'(multiplier_2_q[32*l +: 16]);
        low_high_q[32*l +: 32] <= 32'(y_q[32*l +: 16]) * 32'(multiplier_2_q[32*l+16 +: 15]);
        high_low_q[64*l +: 64] <= 64'(33'($signed(y_q[32*l+16 +: 16])) * 33'($signed({1'b0, multiplier_2_q[32*l +: 16]})));
        high_high_q[32*l +: 32] <= 32'($signed(y_q[32*l+16 +: 16])) * 32'($signed({1'b0, multiplier_2_q[32*l+16 +: 15]}));
      end
      first_3_q <= first_2_q;
      last_3_q <= last_2_q;
    end
    if (valid_i[4]) begin
      for (int l = 0; l < Lanes; l++) begin
        product_q[64*l +: 64] <= {high_high_q[32*l +: 32], 32'd0} + (high_low_q[64*l +: 64] << 16) + (64'(low_high_q[32*l +: 32]) << 16) +
                                 64'(low_low_q[32*l +: 32]);
        half_q[64*l +: 64] <= (first_3_q[8*l +: 6] == 6'd0) ? 64'd0 : 64'd1 << (first_3_q[8*l +: 6] - 6'd1);
      end
      first_4_q <= first_3_q;
      last_4_q <= last_3_q;
    end
  end

  // 5 to 8: the rounded shift, eight bits at a time and then the rest, saturated.
  logic [64*Lanes-1:0] rounded_q, coarse_q, fine_q;
  logic [32*Lanes-1:0] high_q;
  always_ff @(posedge clk_i) begin
    if (valid_i[5]) begin
      for (int l = 0; l < Lanes; l++) rounded_q[64*l +: 64] <= product_q[64*l +: 64] + half_q[64*l +: 64];
      first_5_q <= first_4_q;
      last_5_q <= last_4_q;
    end
    if (valid_i[6]) begin
      for (int l = 0; l < Lanes; l++) coarse_q[64*l +: 64] <= $signed(rounded_q[64*l +: 64]) >>> {first_5_q[8*l+3 +: 3], 3'd0};
      first_6_q <= first_5_q;
      last_6_q <= last_5_q;
    end
    if (valid_i[7]) begin
      for (int l = 0; l < Lanes; l++) fine_q[64*l +: 64] <= $signed(coarse_q[64*l +: 64]) >>> first_6_q[8*l +: 3];
      last_7_q <= last_6_q;
    end
    if (valid_i[8]) begin
      for (int l = 0; l < Lanes; l++) begin
        high_q[32*l +: 32] <= (fine_q[64*l+31 +: 33] == '0 || fine_q[64*l+31 +: 33] == '1)
                                  ? fine_q[64*l +: 32] : {fine_q[64*l+63], {31{!fine_q[64*l+63]}}};
      end
      last_8_q <= last_7_q;
    end
  end

  // 9 and 10: the last shift, halves away from zero. 11: zero point. 12: clamp; the upper bound wins, as in min(max(x, lo), hi).
  logic [64*Lanes-1:0] away_q;
  logic [32*Lanes-1:0] r_q, r_11_q, moved_q, result_q;
  logic [8*Lanes-1:0]  narrow_q;
  function automatic logic [7:0] clamp(input logic signed [31:0] x, input logic signed [7:0] lo, input logic signed [7:0] hi);
    clamp = (x > 32'(hi) || lo > hi) ? hi : (x < 32'(lo)) ? lo : x[7:0];
  endfunction
  always_ff @(posedge clk_i) begin
    if (valid_i[9]) begin
      for (int l = 0; l < Lanes; l++) begin
        away_q[64*l +: 64] <= 64'($signed({high_q[32*l+31], high_q[32*l +: 32]} +
            ((last_8_q[8*l +: 5] == 5'd0) ? 33'd0 : (33'd1 << (last_8_q[8*l +: 5] - 5'd1)) - 33'(high_q[32*l+31]))));
      end
      last_9_q <= last_8_q;
    end
    if (valid_i[10]) begin
      for (int l = 0; l < Lanes; l++) r_q[32*l +: 32] <= 32'($signed(away_q[64*l +: 33]) >>> last_9_q[8*l +: 5]);
    end
    if (valid_i[11]) begin
      for (int l = 0; l < Lanes; l++) moved_q[32*l +: 32] <= r_q[32*l +: 32] + {{24{zero_point_q[24*l+7]}}, zero_point_q[24*l +: 8]};
      r_11_q <= r_q;
    end
    if (valid_i[12]) begin
      result_q <= r_11_q;
      for (int l = 0; l < Lanes; l++) narrow_q[8*l +: 8] <= clamp(moved_q[32*l +: 32], range_q[24*l+8 +: 8], range_q[24*l+16 +: 8]);
    end
  end
  assign result_o = result_q;
  assign narrow_o = narrow_q;

  // Copies of signs and unused bytes of parameters.
  logic unused;
  assign unused = &{1'b0, prm_i, away_q, zero_point_q, range_q, first_3_q, first_5_q, first_6_q, last_8_q, last_9_q, left_1_q, multiplier_2_q};

`ifdef VERILATOR
  Clamped: assert property (@(posedge clk_i) (valid_i[12] && $signed(range_q[15:8]) <= $signed(range_q[23:16])) |=>
      ($signed(narrow_q[7:0]) >= $signed($past(range_q[15:8])) && $signed(narrow_q[7:0]) <= $signed($past(range_q[23:16]))));
`endif
endmodule
