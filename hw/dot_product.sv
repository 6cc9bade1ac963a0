// Dot product of two int8 vectors: registered products, then an adder tree with a register after every two levels. One per cycle;
// latency 1 + ceil(log2(Lanes) / 2) cycles.
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
  localparam int ProductBits = 16;
  localparam int SumBits = ProductBits + Levels;

  logic [Lanes*ProductBits-1:0] product_q;
  always_ff @(posedge clk_i) begin
    if (valid_i[0]) begin
      for (int i = 0; i < Lanes; i++) begin
        product_q[i*ProductBits +: ProductBits] <= $signed(a_i[i*8 +: 8]) * $signed(b_i[i*8 +: 8]);
      end
    end
  end

  // Stage s holds Lanes >> 2s sums, the last one a single sum.
  genvar s, k;
  for (s = 0; s < Stages; s++) begin : gen_stage
    localparam int In = Lanes >> (2 * s);
    localparam int Out = (In > 4) ? In / 4 : 1;
    localparam int Group = In / Out;
    logic [Out*SumBits-1:0] sum_q;
    for (k = 0; k < Out; k++) begin : gen_sum
      logic signed [SumBits-1:0] sum;
      if (s == 0) begin : gen_first
        always_comb begin
          sum = '0;
          for (int g = 0; g < Group; g++) begin
            sum = sum + SumBits'($signed(product_q[(k*Group+g)*ProductBits +: ProductBits]));
          end
        end
      end else begin : gen_next
        always_comb begin
          sum = '0;
          for (int g = 0; g < Group; g++) sum = sum + gen_stage[s-1].sum_q[(k*Group+g)*SumBits +: SumBits];
        end
      end
      always_ff @(posedge clk_i) begin
        if (valid_i[s+1]) sum_q[k*SumBits +: SumBits] <= sum;
      end
    end
  end
  assign sum_o = 32'($signed(gen_stage[Stages-1].sum_q));
endmodule
