// Tokens of one direction between two engines: a counter. A producer reserves a slot when it starts an instruction that will push,
// so that the push itself never waits and a full queue stalls the producer's next instruction. Latency one cycle.
module token_queue #(
  parameter int Depth = 512,
  localparam int LevelBits = $clog2(Depth + 1)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 reserve_i,
  input  logic                 push_i,
  input  logic                 pop_i,
  output logic                 space_o,      // a slot can be reserved
  output logic                 available_o,  // a token can be popped
  output logic [LevelBits-1:0] level_o
);
  logic [LevelBits-1:0] level_q, claimed_q;  // claimed: tokens inside and slots reserved

  assign space_o = claimed_q != LevelBits'(Depth);
  assign available_o = level_q != '0;
  assign level_o = level_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      level_q <= '0;
      claimed_q <= '0;
    end else begin
      if (push_i && !pop_i) level_q <= level_q + 1'b1;
      if (pop_i && !push_i) level_q <= level_q - 1'b1;
      if (reserve_i && !pop_i) claimed_q <= claimed_q + 1'b1;
      if (pop_i && !reserve_i) claimed_q <= claimed_q - 1'b1;
    end
  end

`ifdef VERILATOR
  PopOnlyWhatIsThere: assert property (@(posedge clk_i) disable iff (!rst_ni) pop_i |-> available_o);
  ReserveOnlyWithSpace: assert property (@(posedge clk_i) disable iff (!rst_ni) reserve_i |-> space_o);
  PushOnlyReserved: assert property (@(posedge clk_i) disable iff (!rst_ni) push_i |-> level_q < claimed_q);
`endif
endmodule
