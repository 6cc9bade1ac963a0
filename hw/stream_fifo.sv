// First-in first-out queue over a memory with a registered head. Accepts and delivers one word per cycle; a word reaches an
// empty queue's head two cycles after its push. Holds exactly Depth words. Cost: Depth x Width memory bits, Width flip-flops.
module stream_fifo #(
  parameter int Width = 32,
  parameter int Depth = 16,
  localparam int LevelBits = $clog2(Depth + 1)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 wvalid_i,
  output logic                 wready_o,
  input  logic [Width-1:0]     wdata_i,
  output logic                 rvalid_o,
  input  logic                 rready_i,
  output logic [Width-1:0]     rdata_o,
  output logic [LevelBits-1:0] level_o  // words inside, the head included
);
  localparam int PtrBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam logic [PtrBits-1:0] LastSlot = PtrBits'(Depth - 1);

  logic [Width-1:0] mem [0:Depth-1];
  logic [Width-1:0] head_q;
  logic [PtrBits-1:0] wptr_q, rptr_q;
  logic [LevelBits-1:0] level_q, stored_q;  // stored: words in the memory, without the head
  logic head_valid_q;
  logic push, pop, refill;

  assign wready_o = level_q != LevelBits'(Depth);
  assign rvalid_o = head_valid_q;
  assign rdata_o = head_q;
  assign level_o = level_q;
  assign push = wvalid_i && wready_o;
  assign pop = head_valid_q && rready_i;
  assign refill = stored_q != '0 && (!head_valid_q || rready_i);

  always_ff @(posedge clk_i) begin
    if (refill) head_q <= mem[rptr_q];
    // verilator lint_off BLKSEQ
    // (behind the read, a plain assignment means the same and simulates fast)
    if (push) mem[wptr_q] = wdata_i;
    // verilator lint_on BLKSEQ
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wptr_q <= '0;
      rptr_q <= '0;
      level_q <= '0;
      stored_q <= '0;
      head_valid_q <= 1'b0;
    end else begin
      if (push) wptr_q <= (wptr_q == LastSlot) ? '0 : wptr_q + 1'b1;
      if (refill) rptr_q <= (rptr_q == LastSlot) ? '0 : rptr_q + 1'b1;
      if (push && !pop) level_q <= level_q + 1'b1;
      if (pop && !push) level_q <= level_q - 1'b1;
      if (push && !refill) stored_q <= stored_q + 1'b1;
      if (refill && !push) stored_q <= stored_q - 1'b1;
      if (refill) head_valid_q <= 1'b1;
      else if (pop) head_valid_q <= 1'b0;
    end
  end

`ifdef VERILATOR
  LevelCountsEveryWord: assert property (@(posedge clk_i) disable iff (!rst_ni)
      level_q == stored_q + LevelBits'(head_valid_q));
  LevelWithinDepth: assert property (@(posedge clk_i) disable iff (!rst_ni) level_q <= LevelBits'(Depth));
`endif
endmodule
