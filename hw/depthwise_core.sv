// The multipliers of a depthwise MAC: in each lane, the sum over Taps of an input lane times the weight of its own. A step per cycle;
// operands are taken with the step's bit 0 of valid_i, the sum is there Stages cycles later, for the last stage of gemm_core's tree.
module depthwise_core #(
  parameter int Batch = 1,
  parameter int Block = 16,   // lanes
  parameter int Taps = 1,     // 1, 2 or 4
  parameter int Stages = 2,   // 1 to 3; the products' registers are the last
  localparam int RowBits = $clog2(Block)
) (
  input  logic                          clk_i,
  input  logic [Stages-1:0]             valid_i,  // operands are at stage s
  input  logic [Taps*Batch*Block*8-1:0] inp_i,    // [tap][batch][lane]
  input  logic [Block*Block*8-1:0]      wgt_i,    // vectors of Block weights
  input  logic [RowBits-1:0]            row_i,    // vector of tap 0, a multiple of Taps
  input  logic                          sum_valid_i,
  output logic [Batch*Block*32-1:0]     sum_o     // [batch][lane], unknown without sum_valid_i
);
  localparam int InpBits = Taps * Batch * Block * 8;
  localparam int WgtBits = Taps * Block * 8;

  // The vectors are chosen, and wait for their turn.
  logic [InpBits-1:0] inp;
  logic [WgtBits-1:0] wgt, chosen;
  always_comb begin
    chosen = 'x;
    if (valid_i[0]) chosen = wgt_i[32'(row_i)*Block*8 +: WgtBits];
  end
  genvar s, t, b;
  for (s = 0; s < Stages; s++) begin : gen_operands
    logic [InpBits-1:0] inp_q;
    logic [WgtBits-1:0] wgt_q;
    if (s == 0) begin : gen_first
      assign inp_q = inp_i;
      assign wgt_q = chosen;
    end else begin : gen_next
      always_ff @(posedge clk_i) begin
        if (valid_i[s-1]) begin
          inp_q <= gen_operands[s-1].inp_q;
          wgt_q <= gen_operands[s-1].wgt_q;
        end
      end
    end
  end
  assign inp = gen_operands[Stages-1].inp_q;
  assign wgt = gen_operands[Stages-1].wgt_q;

  for (t = 0; t < 4; t++) begin : gen_tap
    logic [Batch*Block*32-1:0] product_q;
    if (t < Taps) begin : gen_product
      for (b = 0; b < Batch; b++) begin : gen_batch
        always_ff @(posedge clk_i) begin
          if (valid_i[Stages-1]) begin
            for (int o = 0; o < Block; o++) begin
              product_q[(b*Block+o)*32 +: 32] <= 32'($signed(inp[((t*Batch+b)*Block+o)*8 +: 8])) * 32'($signed(wgt[(t*Block+o)*8 +: 8]));
            end
          end
        end
      end
    end else begin : gen_none
      assign product_q = '0;
    end
  end
  // Two levels of adders, in front of gemm_core's last register.
  always_comb begin
    sum_o = 'x;
    if (sum_valid_i) begin
      for (int l = 0; l < Batch * Block; l++) begin
        sum_o[l*32 +: 32] = 32'($signed(18'(gen_tap[0].product_q[l*32 +: 32] + gen_tap[1].product_q[l*32 +: 32] +
                                            gen_tap[2].product_q[l*32 +: 32] + gen_tap[3].product_q[l*32 +: 32])));
      end
    end
  end

  initial begin
    if (Taps != 1 && Taps != 2 && Taps != 4) $fatal(1, "DepthwiseWidth must be 1, 2 or 4");
  end

`ifdef VERILATOR
  VectorsAligned: assert property (@(posedge clk_i) valid_i[0] |-> 32'(row_i) % Taps == 0);
`endif
endmodule
