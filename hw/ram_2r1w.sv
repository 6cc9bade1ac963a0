// Memory with two registered reads and one write port, written in chunks; otherwise as ram_1r1w. Costs twice its block RAM.
module ram_2r1w #(
  parameter int Width = 32,
  parameter int Depth = 64,
  parameter int Chunks = 1,
  localparam int AddrBits = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  logic                clk_i,
  input  logic                we_i,
  input  logic [Chunks-1:0]   wmask_i,
  input  logic [AddrBits-1:0] waddr_i,
  input  logic [Width-1:0]    wdata_i,
  input  logic                re_a_i,
  input  logic [AddrBits-1:0] raddr_a_i,
  output logic [Width-1:0]    rdata_a_o,
  input  logic                re_b_i,
  input  logic [AddrBits-1:0] raddr_b_i,
  output logic [Width-1:0]    rdata_b_o
);
  localparam int ChunkBits = Width / Chunks;

  logic [Width-1:0] rdata_a_q, rdata_b_q;
  assign rdata_a_o = rdata_a_q;
  assign rdata_b_o = rdata_b_q;

  genvar c;
  for (c = 0; c < Chunks; c++) begin : gen_chunk
    logic [ChunkBits-1:0] mem [0:Depth-1];
    always_ff @(posedge clk_i) begin
      if (re_a_i) rdata_a_q[c*ChunkBits +: ChunkBits] <= mem[raddr_a_i];
      if (re_b_i) rdata_b_q[c*ChunkBits +: ChunkBits] <= mem[raddr_b_i];
      // verilator lint_off BLKSEQ
      if (we_i) begin
        if (wmask_i[c]) mem[waddr_i] = wdata_i[c*ChunkBits +: ChunkBits];
      end
      // verilator lint_on BLKSEQ
    end
  end

`ifdef VERILATOR
  WriteWithinDepth: assert property (@(posedge clk_i) we_i |-> 32'(waddr_i) < Depth);
`endif
endmodule
