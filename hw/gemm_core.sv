// The multiplier array: one dot product of block_in lanes for each row of the input and each row of the weight, every cycle.
// Registered products, then an adder tree with a register after every two levels: latency 1 + ceil(log2(BlockIn) / 2) cycles.
// All arithmetic stands behind its stage's valid, which saves power and simulation time. Every stage does the same to each 32-bit word
// (four operands, a product, a partial sum), so that simulators use vector instructions; a chunk's loops have 64 words at most.
// With DspPacking one 25 x 8 bit multiplier makes two products: those of one input and of the weights of two outputs, 16 bits apart.
module gemm_core #(
  parameter int Batch = 1,
  parameter int BlockIn = 16,  // a power of two, at least 4
  parameter int BlockOut = 16,
  parameter int DspPacking = 0,  // 0 or 1; neither results nor latency change
  localparam int Levels = $clog2(BlockIn),
  localparam int Stages = (Levels + 1) / 2
) (
  input  logic                           clk_i,
  input  logic [Stages:0]                valid_i,  // operands are at: 0 the multipliers, s > 0 stage s of the tree
  input  logic [Batch*BlockIn*8-1:0]     inp_i,    // [batch][in]
  input  logic [BlockOut*BlockIn*8-1:0]  wgt_i,    // [out][in]
  input  logic                           other_valid_i,  // other_i takes the place of the last stage's sums
  input  logic [Batch*BlockOut*32-1:0]   other_i,
  output logic [Batch*BlockOut*32-1:0]   sum_o     // [batch][out]
);
  localparam int SumBits = 16 + Levels;
  localparam int RowWords = BlockIn / 4;
  localparam int Words = BlockOut * RowWords;           // for one row of the input
  localparam int Chunk = (Words < 64) ? Words : 64;
  localparam int ChunkOut = Chunk / RowWords;           // dot products of a chunk
  localparam int Half = Chunk / 2;

  genvar b, c, l, s, p;
  for (b = 0; b < Batch; b++) begin : gen_batch
    for (c = 0; c < Words / Chunk; c++) begin : gen_chunk
      logic [32*Chunk-1:0] wgt;
      assign wgt = wgt_i[c*Chunk*32 +: Chunk*32];
      logic [32*ChunkOut-1:0] other;
      assign other = other_i[(b*BlockOut+c*ChunkOut)*32 +: ChunkOut*32];

      // Products of lane l of each word. The copies of the sign fill the words and cost nothing.
      for (l = 0; l < 4; l++) begin : gen_lane
        logic [32*Chunk-1:0] product_q;
        if (DspPacking == 0) begin : gen_plain
          always_ff @(posedge clk_i) begin
            if (valid_i[0]) begin
              for (int w = 0; w < Chunk; w++) begin
                product_q[w*32 +: 32] <= 32'($signed(inp_i[b*BlockIn*8+(w%RowWords)*32+l*8 +: 8])) * 32'($signed(wgt[w*32+l*8 +: 8]));
              end
            end
          end
        end else begin : gen_packed
          // The lower product lies in 0 .. 2^16 - 1 once 2^15 is added, so that it borrows nothing from the upper one; without its
          // top bit's inversion it is itself again.
          logic [32*Half-1:0] pair_q;
          always_ff @(posedge clk_i) begin
            if (valid_i[0]) begin
              for (int w = 0; w < Half; w++) begin
                pair_q[w*32 +: 32] <= 32'sd32768 + 32'($signed(inp_i[b*BlockIn*8+(w%RowWords)*32+l*8 +: 8])) *
                    (32'($signed({wgt[(w+Half)*32+l*8 +: 8], 16'd0})) + 32'($signed(wgt[w*32+l*8 +: 8])));
              end
            end
          end
          for (p = 0; p < Half; p++) begin : gen_pair
            assign product_q[p*32 +: 32] = {{17{!pair_q[p*32+15]}}, pair_q[p*32 +: 15]};
            assign product_q[(p+Half)*32 +: 32] = {{16{pair_q[p*32+31]}}, pair_q[p*32+16 +: 16]};
          end
        end
      end

      // Stage s leaves BlockIn >> 2s + 2 partial sums of each dot product, the last stage one.
      for (s = 0; s < Stages; s++) begin : gen_stage
        localparam int In = BlockIn >> (2 * s);
        localparam int Last = (s == Stages - 1) ? 1 : 0;
        localparam int Out = (In > 4) ? In / 4 : 1;
        logic [32*ChunkOut*Out-1:0] sum_q;
        if (s == 0) begin : gen_first
          always_ff @(posedge clk_i) begin
            if (valid_i[1]) begin
              for (int w = 0; w < Chunk; w++) begin
                sum_q[w*32 +: 32] <= 32'($signed(SumBits'(gen_lane[0].product_q[w*32 +: 32] + gen_lane[1].product_q[w*32 +: 32] +
                                                          gen_lane[2].product_q[w*32 +: 32] + gen_lane[3].product_q[w*32 +: 32])));
              end
            end else if (Last != 0 && other_valid_i) begin
              sum_q <= (32*ChunkOut*Out)'(other);
            end
          end
        end else if (In >= 4) begin : gen_four
          always_ff @(posedge clk_i) begin
            if (valid_i[s+1]) begin
              for (int w = 0; w < ChunkOut * Out; w++) begin
                sum_q[w*32 +: 32] <= 32'($signed(SumBits'(gen_stage[s-1].sum_q[w*128 +: 32] + gen_stage[s-1].sum_q[w*128+32 +: 32] +
                                                          gen_stage[s-1].sum_q[w*128+64 +: 32] + gen_stage[s-1].sum_q[w*128+96 +: 32])));
              end
            end else if (Last != 0 && other_valid_i) begin
              sum_q <= (32*ChunkOut*Out)'(other);
            end
          end
        end else begin : gen_two
          always_ff @(posedge clk_i) begin
            if (valid_i[s+1]) begin
              for (int w = 0; w < ChunkOut * Out; w++) begin
                sum_q[w*32 +: 32] <= 32'($signed(SumBits'(gen_stage[s-1].sum_q[w*64 +: 32] + gen_stage[s-1].sum_q[w*64+32 +: 32])));
              end
            end else if (Last != 0 && other_valid_i) begin
              sum_q <= (32*ChunkOut*Out)'(other);
            end
          end
        end
      end
      assign sum_o[(b*BlockOut+c*ChunkOut)*32 +: ChunkOut*32] = gen_stage[Stages-1].sum_q;
    end
  end
endmodule
