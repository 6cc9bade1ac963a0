// Dot product of two int8 vectors: registered products, then an adder tree with a register after every two levels. One per cycle;
// latency 1 + ceil(log2(Lanes) / 2) cycles. All arithmetic stands behind its stage's valid, which saves power and simulation time.
module dot_product #(
  parameter int Lanes = 16,  // a power of two, at least 4
  localparam int Levels = $clog2(Lanes),
  localparam int Stages = (Levels + 1) / 2
) (
  input  logic               clk_i,
  input  logic [Stages:0]    valid_i,  // operands are at: 0 the multipliers, s > 0 stage s of the tree
  input  logic [Lanes*8-1:0] a_i,
  input  logic [Lanes*8-1:0] b_i,
  output logic [31:0]        sum_o
);
  localparam int SumBits = 16 + Levels;
  localparam int Slot = 32;  // partial sums are kept sign-extended in whole words, which simulate fast

  // Two products share a word.
  logic [Lanes*16-1:0] product_q;
  function automatic logic [31:0] two_products(input logic [15:0] a, input logic [15:0] b);
    logic signed [15:0] low, high;
    begin
      low = $signed(a[7:0]) * $signed(b[7:0]);
      high = $signed(a[15:8]) * $signed(b[15:8]);
      two_products = {high, low};
    end
  endfunction
  always_ff @(posedge clk_i) begin
    if (valid_i[0]) begin
      for (int i = 0; i < Lanes / 2; i++) product_q[i*32 +: 32] <= two_products(a_i[i*16 +: 16], b_i[i*16 +: 16]);
    end
  end

  function automatic logic [Slot-1:0] sum_products(input logic [63:0] p);
    logic signed [SumBits-1:0] sum;
    begin
      sum = SumBits'($signed(p[15:0])) + SumBits'($signed(p[31:16])) + SumBits'($signed(p[47:32])) + SumBits'($signed(p[63:48]));
      sum_products = Slot'(sum);
    end
  endfunction
  // verilator lint_off UNUSEDSIGNAL
  // (the copies of the sign)
  function automatic logic [Slot-1:0] sum_slots(input logic [4*Slot-1:0] s);
    logic signed [SumBits-1:0] sum;
    begin
      sum = s[0 +: SumBits] + s[Slot +: SumBits] + s[2*Slot +: SumBits] + s[3*Slot +: SumBits];
      sum_slots = Slot'(sum);
    end
  endfunction
  // verilator lint_on UNUSEDSIGNAL

  // Stage s leaves Lanes >> 2s + 2 partial sums, the last stage one.
  genvar s;
  for (s = 0; s < Stages; s++) begin : gen_stage
    localparam int In = Lanes >> (2 * s);
    localparam int Out = (In > 4) ? In / 4 : 1;
    logic [Out*Slot-1:0] sum_q;
    if (s == 0) begin : gen_first
      always_ff @(posedge clk_i) begin
        if (valid_i[1]) begin
          for (int k = 0; k < Out; k++) sum_q[k*Slot +: Slot] <= sum_products(product_q[k*64 +: 64]);
        end
      end
    end else begin : gen_next
      logic [4*Out*Slot-1:0] parts;  // with zeros where the last stage has only two
      assign parts = (4*Out*Slot)'(gen_stage[s-1].sum_q);
      always_ff @(posedge clk_i) begin
        if (valid_i[s+1]) begin
          for (int k = 0; k < Out; k++) sum_q[k*Slot +: Slot] <= sum_slots(parts[k*4*Slot +: 4*Slot]);
        end
      end
    end
  end
  assign sum_o = gen_stage[Stages-1].sum_q;

`ifdef VERILATOR
  ResultFits: assert property (@(posedge clk_i) sum_o[31:SumBits-1] == '0 || sum_o[31:SumBits-1] == '1);
`endif
endmodule
