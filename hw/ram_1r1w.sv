// Memory with one registered read and one write port, written in chunks. A read sees what was written in earlier cycles (old data
// at the same address). Latency one cycle, one access of each kind per cycle.
module ram_1r1w #(
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
  input  logic                re_i,
  input  logic [AddrBits-1:0] raddr_i,
  output logic [Width-1:0]    rdata_o
);
  localparam int ChunkBits = Width / Chunks;

  logic [Width-1:0] rdata_q;
  assign rdata_o = rdata_q;

  // One memory per chunk: what synthesis would make of byte enables, and much less work for it. The write comes after the read, so
  // that it can be a plain assignment, which simulates fast.
  genvar c;
  for (c = 0; c < Chunks; c++) begin : gen_chunk
    logic [ChunkBits-1:0] mem [0:Depth-1];
    always_ff @(posedge clk_i) begin
      if (re_i) rdata_q[c*ChunkBits +: ChunkBits] <= mem[raddr_i];
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
