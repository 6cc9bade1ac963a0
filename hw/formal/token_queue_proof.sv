// Invariants of token_queue where engines keep its contract (pop what is there, reserve where there is room, push what was
// reserved): never more tokens than Depth, never fewer than none, and none lost.
module token_queue_proof #(
  parameter int Depth = 5
) (
  input logic clk_i,
  input logic rst_ni,
  input logic reserve_i,
  input logic push_i,
  input logic pop_i
);
  localparam int LevelBits = $clog2(Depth + 1);
  logic                 space, available;
  logic [LevelBits-1:0] level;
  token_queue #(.Depth(Depth)) u_queue (
    .clk_i, .rst_ni, .reserve_i, .push_i, .pop_i, .space_o(space), .available_o(available), .level_o(level)
  );

  // Registers of the module, by their names after flattening (Yosys's hierconn).
  (* hierconn *) logic [LevelBits-1:0] \u_queue.level_q ;
  (* hierconn *) logic [LevelBits-1:0] \u_queue.claimed_q ;

  logic [7:0] pushed_q, popped_q, reserved_q;  // modulo 256
  logic       started_q;
  initial started_q = 1'b0;
  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!rst_ni) begin
      pushed_q <= '0;
      popped_q <= '0;
      reserved_q <= '0;
    end else begin
      pushed_q <= pushed_q + 8'(push_i);
      popped_q <= popped_q + 8'(pop_i);
      reserved_q <= reserved_q + 8'(reserve_i);
    end
  end

  always_comb begin
    if (!started_q) assume (!rst_ni);
    assume (!pop_i || available);
    assume (!reserve_i || space);
    assume (!push_i || \u_queue.level_q  < \u_queue.claimed_q );
  end
  always_comb begin
    if (started_q) begin
      LevelCounts: assert (8'(level) == pushed_q - popped_q);
      ClaimsCount: assert (8'(\u_queue.claimed_q ) == reserved_q - popped_q);
      LevelWithinClaims: assert (level <= \u_queue.claimed_q );
      ClaimsWithinDepth: assert (32'(\u_queue.claimed_q ) <= Depth);
      SpaceMeansRoom: assert (!space || 32'(level) < Depth);
      TokensShow: assert (available == (level != '0));
    end
  end
endmodule
