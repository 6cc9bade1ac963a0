// Invariants of stream_fifo, for any environment: words come out in the order in which they went in, none is lost or made up, and
// the level counts them. Proved by induction with hw/formal/prove.sh.
module stream_fifo_proof #(
  parameter int Width = 2,
  parameter int Depth = 4  // as many as the memory's words named below
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             wvalid_i,
  input logic [Width-1:0] wdata_i,
  input logic             rready_i
);
  localparam int LevelBits = $clog2(Depth + 1);
  logic                 wready, rvalid;
  logic [Width-1:0]     rdata;
  logic [LevelBits-1:0] level;
  stream_fifo #(.Width(Width), .Depth(Depth)) u_fifo (
    .clk_i, .rst_ni, .wvalid_i, .wready_o(wready), .wdata_i, .rvalid_o(rvalid), .rready_i, .rdata_o(rdata), .level_o(level)
  );

  // Registers of the module, by their names after flattening (Yosys's hierconn).
  (* hierconn *) logic \u_fifo.head_valid_q ;
  (* hierconn *) logic [Width-1:0] \u_fifo.head_q ;
  (* hierconn *) logic [$clog2(Depth)-1:0] \u_fifo.rptr_q ;
  (* hierconn *) logic [$clog2(Depth)-1:0] \u_fifo.wptr_q ;
  (* hierconn *) logic [LevelBits-1:0] \u_fifo.stored_q ;
  (* hierconn *) logic [Width-1:0] \u_fifo.mem[0] ;
  (* hierconn *) logic [Width-1:0] \u_fifo.mem[1] ;
  (* hierconn *) logic [Width-1:0] \u_fifo.mem[2] ;
  (* hierconn *) logic [Width-1:0] \u_fifo.mem[3] ;

  logic [Width*Depth-1:0] memory;
  assign memory = {\u_fifo.mem[3] , \u_fifo.mem[2] , \u_fifo.mem[1] , \u_fifo.mem[0] };

  // The reference: a shift register, the oldest word at 0.
  logic [Width*Depth-1:0] words_q;
  logic [LevelBits-1:0]   count_q;
  logic                   push, pop;
  assign push = wvalid_i && wready;
  assign pop = rvalid && rready_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
    end else begin
      if (pop) words_q <= words_q >> Width;
      if (push) words_q[(32'(count_q) - 32'(pop)) * Width +: Width] <= wdata_i;
      count_q <= count_q + LevelBits'(push) - LevelBits'(pop);
    end
  end

  logic started_q;
  initial started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb begin
    if (!started_q) assume (!rst_ni);
  end

  // What the memory holds, word by word, so that the induction closes.
  genvar i;
  for (i = 0; i < Depth; i++) begin : gen_word
    logic [31:0] slot, place;
    assign place = i - 32'(\u_fifo.head_valid_q );  // behind the head
    assign slot = (32'(\u_fifo.rptr_q ) + place) % Depth;
    always_comb begin
      if (started_q && i < 32'(count_q)) begin
        if (i == 0 && \u_fifo.head_valid_q ) assert (words_q[Width-1:0] == \u_fifo.head_q );
        else assert (words_q[i*Width +: Width] == memory[Width*slot[$clog2(Depth)-1:0] +: Width]);
      end
    end
  end
  always_comb begin
    if (started_q) begin
      LevelCounts: assert (level == count_q);
      LevelWithinDepth: assert (32'(count_q) <= Depth);
      StoredCounts: assert (32'(\u_fifo.stored_q ) + 32'(\u_fifo.head_valid_q ) == 32'(count_q));
      PointersFollow: assert ((32'(\u_fifo.rptr_q ) + 32'(\u_fifo.stored_q )) % Depth == 32'(\u_fifo.wptr_q ));
      if (rvalid) HeadIsOldest: assert (rdata == words_q[Width-1:0]);
    end
  end
endmodule
