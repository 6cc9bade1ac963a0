// token_queue against a model: reserve, push and pop in random legal orders.
module token_queue_bench;
  `include "bench.svh"
  localparam int Depth = 4;

  logic reserve, push, pop, space, available;
  logic [2:0] level;
  token_queue #(.Depth(Depth)) u_queue (
    .clk_i(clk), .rst_ni(rst_n), .reserve_i(reserve), .push_i(push), .pop_i(pop), .space_o(space), .available_o(available),
    .level_o(level)
  );

  integer reserved = 0, tokens = 0, i, seed = 7, full = 0;
  initial begin
    reserve = 0;
    push = 0;
    pop = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    for (i = 0; i < 10000; i = i + 1) begin
      @(negedge clk);
      check(space === (reserved + tokens < Depth), 1);
      check(available === (tokens != 0), 2);
      check(level === tokens, 3);
      reserve = space && ($random(seed) & 1);
      push = reserved != 0 && ($random(seed) & 1);
      pop = available && (($random(seed) & 3) == 0);
      reserved = reserved + reserve - push;
      tokens = tokens + push - pop;
      if (!space) full = full + 1;
    end
    check(full > 100, 4);
    finish_bench;
  end
endmodule
